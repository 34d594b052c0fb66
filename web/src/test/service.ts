import { vi } from "vitest";
import type { Item, Outcome, Problem, Run, Session, Store } from "../api/nouns";

/** What a stand-in for the service answers to a method and a path: a body, a Response, or what makes one. */
export type Answers = Record<string, unknown | ((request: Request) => unknown)>;

/** A call that the page made. */
export type Call = { method: string; url: URL; headers: Headers; body: unknown };

/** serve lets the page talk to the given answers, and returns the calls that it makes. */
export function serve(answers: Answers): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const url = new URL(request.url);
    const content = await request.clone().text();
    const body = content === "" ? null : JSON.parse(content);
    calls.push({ method: request.method, url, headers: request.headers, body });
    const given = answers[`${request.method} ${url.pathname}`];
    const answer = typeof given === "function" ? await given(request) : given;
    if (answer instanceof Response) return answer;
    return answer === undefined ? problem("not-found", 404) : Response.json(answer);
  });
  return calls;
}

/** problem returns an error answer of the service. */
export function problem(slug: string, status: number, more: Partial<Problem> = {}): Response {
  const body = {
    type: `/problems/${slug}`,
    title: `The title of ${slug}`,
    status,
    detail: "Why.",
    instance: "req-1",
    ...more,
  };
  return Response.json(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

export const session: Session = {
  signedIn: true,
  organization: { id: "0190a000-0000-7000-8000-000000000001", name: "Probe Kitchens" },
  scopes: ["organization.read", "organization.service_integration"],
  localStoreIds: null,
  application: { name: "Acme POS", logoUrl: null, accent: null },
  grant: { state: "active", expiresAt: null },
};

export const signedOut: Session = { ...session, signedIn: false, organization: null, scopes: [], grant: null };

export const brand = { id: "0190a000-0000-7000-8000-00000000000b", name: "Burger" };

export const soho: Store = {
  id: "0190a000-0000-7000-8000-0000000000a1",
  brandId: brand.id,
  brandName: brand.name,
  name: "Soho",
  address: {
    fullAddress: "12 Dean St, London",
    postalCode: "W1D",
    city: "London",
    state: "",
    countryCode: "GB",
    addressLines: ["12 Dean St"],
    location: null,
  },
  mapping: null,
};

export const camden: Store = {
  ...soho,
  id: "0190a000-0000-7000-8000-0000000000a2",
  name: "Camden",
  address: null,
  mapping: { state: "connected", localStoreId: "K-17", observedAt: "2026-01-02T03:04:05Z" },
};

/** list returns one page of a list, and the only one. */
export function list<T>(items: T[]) {
  return { items, nextCursor: null, asOf: new Date().toISOString(), total: { value: items.length, exact: true } };
}

export const runId = "0190a000-0000-7000-8000-0000000000f1";

/** runOf returns a run of one item that ended, or goes on. */
export function runOf(store: Store, outcome: Outcome | null, item: Partial<Item> = {}): Run {
  const counts = {
    connected: 0,
    replaced: 0,
    unchanged: 0,
    disconnected: 0,
    conflict: 0,
    superseded: 0,
    cancelled: 0,
    failed: 0,
    pending: 0,
  };
  counts[outcome ?? "pending"] = 1;
  return {
    id: runId,
    state: outcome === null ? "running" : "done",
    waitingFor: null,
    waitingSince: null,
    createdAt: new Date().toISOString(),
    endedAt: outcome === null ? null : new Date().toISOString(),
    actor: "user",
    total: 1,
    counts,
    items: [
      {
        brandId: store.brandId,
        brandName: store.brandName,
        storeId: store.id,
        storeName: store.name,
        localStoreId: "K-22",
        outcome,
        observedLocalStoreId: null,
        error: null,
        ...item,
      },
    ],
  };
}
