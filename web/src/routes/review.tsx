import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./signedIn";

/** The dry run: what would happen, before it does. */
export const reviewRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/review",
  component: lazyRouteComponent(() => import("./ReviewPage"), "ReviewPage"),
});
