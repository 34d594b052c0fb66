import { createRouter, type RouterHistory } from "@tanstack/react-router";
import { connectRoute } from "./routes/connect";
import { mapRoute } from "./routes/map";
import { reviewRoute } from "./routes/review";
import { Broken, rootRoute } from "./routes/root";
import { runRoute } from "./routes/run";
import { runsRoute } from "./routes/runs";
import { signedInRoute } from "./routes/signedIn";
import { storeRoute } from "./routes/store";
import { storesRoute } from "./routes/stores";
import { welcomeRoute } from "./routes/welcome";

const pages = rootRoute.addChildren([
  welcomeRoute,
  connectRoute,
  signedInRoute.addChildren([storesRoute, storeRoute, mapRoute, reviewRoute, runRoute, runsRoute]),
]);

/** createPages returns the wizard's pages. Their query strings are plain names and words, as people write them. */
export function createPages(history?: RouterHistory) {
  return createRouter({
    routeTree: pages,
    history,
    scrollRestoration: true,
    defaultErrorComponent: Broken,
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
      const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
      return query === "" ? "" : `?${query}`;
    },
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPages>;
  }
}
