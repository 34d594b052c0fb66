import { createRouter, type RouterHistory } from "@tanstack/react-router";
import { Broken } from "./routes/Broken";
import { grantsRoute } from "./routes/grants";
import { mappingRoute } from "./routes/mapping";
import { mappingsRoute } from "./routes/mappings";
import { organizationsRoute } from "./routes/organizations";
import { overviewRoute } from "./routes/overview";
import { rootRoute } from "./routes/root";
import { runRoute } from "./routes/run";
import { runsRoute } from "./routes/runs";
import { signedInRoute } from "./routes/signedIn";
import { unmatchedRoute } from "./routes/unmatched";

const pages = rootRoute.addChildren([
  signedInRoute.addChildren([
    overviewRoute,
    mappingsRoute,
    mappingRoute,
    organizationsRoute,
    grantsRoute,
    runsRoute,
    runRoute,
    unmatchedRoute,
  ]),
]);

/**
 * createPages returns the console's pages. Their query strings are those of the API: plain names and words, a name that
 * is given several times means any of its values.
 */
export function createPages(history?: RouterHistory) {
  return createRouter({
    routeTree: pages,
    history,
    scrollRestoration: true,
    // What no page asks for is no part of its address: the service would refuse it.
    search: { strict: true },
    defaultErrorComponent: Broken,
    parseSearch: (search) => {
      const given = new URLSearchParams(search);
      return Object.fromEntries(
        [...new Set(given.keys())].map((name) => {
          const values = given.getAll(name);
          return [name, values.length > 1 ? values : values[0]];
        }),
      );
    },
    stringifySearch: (search) => {
      const given = Object.entries(search).flatMap(([name, value]) =>
        [value].flat().flatMap((one) => (one === undefined || one === "" ? [] : [[name, String(one)]])),
      );
      const query = new URLSearchParams(given).toString();
      return query === "" ? "" : `?${query}`;
    },
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPages>;
  }
}
