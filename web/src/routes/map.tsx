import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./signedIn";

/** Where each chosen store gets its local id. */
export const mapRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/map",
  component: lazyRouteComponent(() => import("./MapPage"), "MapPage"),
});
