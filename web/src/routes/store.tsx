import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { StoreFilter } from "../api/stores";
import { signedInRoute } from "./signedIn";
import { storesSearch, words } from "./storesSearch";

/** One store. The address keeps the list's filter for the way back, and the run whose outcome is shown. */
export const storeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/stores/$brandId/$storeId",
  validateSearch: (search): StoreFilter & { run?: string } => ({ ...storesSearch(search), run: words(search.run) }),
  component: lazyRouteComponent(() => import("./StorePage"), "StorePage"),
});
