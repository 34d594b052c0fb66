import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./signedIn";
import { storesSearch } from "./storesSearch";

/** The stores of the organization; what is searched for stands in the address. */
export const storesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/stores",
  validateSearch: storesSearch,
  component: lazyRouteComponent(() => import("./StoresPage"), "StoresPage"),
});
