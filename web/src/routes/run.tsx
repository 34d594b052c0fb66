import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./signedIn";

/** The progress and the result of one run; its address is the run's. */
export const runRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/runs/$runId",
  component: lazyRouteComponent(() => import("./RunPage"), "RunPage"),
});
