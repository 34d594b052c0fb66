import { createRoute, redirect } from "@tanstack/react-router";
import { signedInRoute } from "./signedIn";

/** Where the console begins. */
export const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/mappings" });
  },
});
