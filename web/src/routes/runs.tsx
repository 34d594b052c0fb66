import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./signedIn";

/** Earlier runs. */
export const runsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/runs",
  component: lazyRouteComponent(() => import("./RunsPage"), "RunsPage"),
});
