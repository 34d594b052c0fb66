import createClient from "openapi-fetch";
import type { paths } from "./schema.gen";

// Longer than the longest wait that the service grants.
const timeout = 45_000;

/** The generated client of the public API, at the origin that served the page. */
export const client = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]) }),
});
