import type { ItemCode, Outcome, StoreState } from "../api/nouns";

const numbers = new Intl.NumberFormat("en");
const plurals = new Intl.PluralRules("en");

function counted(n: number, one: string, other: string): string {
  return `${numbers.format(n)} ${plurals.select(n) === "one" ? one : other}`;
}

const states: Record<StoreState, string> = {
  none: "New",
  connected: "Connected",
  disconnected: "Not connected",
  pending: "Working on it",
  waiting: "Waiting for Otter",
  conflict: "Needs your decision",
  failed: "Did not work",
  drifted: "Changed at Otter",
  unmanaged: "Not connected by us",
};

const outcomes: Record<Outcome, string> = {
  connected: "Connected",
  replaced: "Moved to the new id",
  unchanged: "Was already right",
  disconnected: "Not connected",
  conflict: "Needs your decision",
  superseded: "A newer change took over",
  cancelled: "Stopped before it began",
  failed: "Did not work",
};

type Ids = { id: string | null; observed: string | null };

const failures: Record<ItemCode, (ids: Ids) => string> = {
  store_not_found: () => "Otter no longer has this store.",
  local_store_id_refused: ({ id, observed }) =>
    observed === null
      ? `Otter did not accept the id ${id}; the store is not connected.`
      : `Otter did not accept the id ${id}; the store keeps ${observed}.`,
  local_store_id_taken: ({ id }) => `${id} is used by another store.`,
  scope_missing: () => "Your account may not connect stores: ask your administrator.",
  access_denied: () => "Your account has no access to this store.",
  reauthorization_required: () => "Sign in again to go on.",
  upstream_unavailable: () => "Otter does not answer; we keep trying.",
  restore_failed: () => "The new id was refused and the old one could not be put back yet; we keep trying.",
};

const signInErrors: Record<string, { title: string; detail: string }> = {
  "consent-denied": {
    title: "You did not give access",
    detail: "Nothing was changed. To connect stores, sign in again and choose to allow access.",
  },
  "sign-in-expired": { title: "The sign-in took too long", detail: "Start again, and finish within ten minutes." },
  "sign-in-invalid": {
    title: "This sign-in cannot be finished",
    detail: "It was begun in another browser, or it was finished before. Start again here.",
  },
  "sign-in-failed": { title: "Otter did not finish the sign-in", detail: "Nothing was changed. Start again." },
};

/** The words of the pages in English. Another language is another object of the same type. */
export const en = {
  language: "en",
  number: (n: number) => numbers.format(n),
  page: {
    title: (page: string, application: string) => `${page} · ${application}`,
    skip: "Skip to content",
    signOut: "Sign out",
    signingOut: "Signing out",
    loading: "Loading",
    notFound: "There is no such page",
    notFoundDetail: "The address may be mistyped, or the page may have moved.",
    toStores: "Go to your stores",
    broken: "This page broke",
    reload: "Load it again",
  },
  welcome: {
    title: (application: string) => `Connect your stores to ${application}`,
    detail: (application: string) =>
      `Sign in with Otter and allow ${application} to see your stores. Nothing changes until you connect a store.`,
    signIn: "Sign in with Otter",
    startAgain: "Start again",
    error: (slug: string) =>
      signInErrors[slug] ?? { title: "The sign-in did not work", detail: "Nothing was changed. Start again." },
  },
  again: {
    ended: "You are signed out",
    endedDetail: "Sign in to go on where you were. What you typed is kept.",
    consent: "Sign in again to go on",
    consentDetail: "Otter wants your consent again. You come back to this page, and what you typed is kept.",
    signIn: "Sign in again",
  },
  problem: {
    noAnswer: "No answer",
    noAnswerDetail: "The service could not be reached. Look at your connection and try again.",
    request: "Request",
    copy: "Copy the request's id",
    copied: "Copied",
    retry: "Try again",
  },
  time: {
    now: "just now",
    never: "never",
  },
  states,
  stores: {
    title: "Stores",
    brands: "Brands",
    brand: "Brand",
    allBrands: "All brands",
    search: "Search stores",
    searchHint: "Name, address or id; at least 3 characters",
    state: "State",
    allStates: "All",
    store: "Store",
    address: "Address",
    localId: "Your id",
    noAddress: "No address",
    noLocalId: "None",
    count: (n: number, exact: boolean) => (exact ? "" : "about ") + counted(n, "store", "stores"),
    asOf: "as of",
    loading: (brands: number, of: number) =>
      `Loading your stores: ${numbers.format(brands)} of ${counted(of, "brand", "brands")}`,
    more: "Loading more stores",
    none: "No store matches",
    noneDetail: "Change the search, the brand or the state.",
    clear: "Show all stores",
    empty: "Your organization has no stores at Otter",
    emptyDetail: "Stores that are added at Otter appear here.",
  },
  store: {
    back: "All stores",
    connection: "Connection at Otter",
    asking: "Asking Otter",
    connectedTo: (id: string) => `Connected to ${id}`,
    notConnected: "Not connected",
    unknown: "Not known at the moment",
    lookAgain: "Look again",
    looked: "Looked at",
    drifted: (id: string) => `Changed at Otter: we connected it to ${id}.`,
    pending: "Working on it",
    waiting: "Waiting for Otter (it goes on by itself)",
    connectTitle: "Connect this store",
    replaceTitle: "Move this store to another id",
    field: "Your id for this store",
    newField: "New id for this store",
    hint: (application: string) => `The id that ${application} gives this store, such as K-17.`,
    choose: "Choose an id",
    connect: "Connect",
    replace: "Replace",
    working: "Working on it",
    readOnly: "Your account may not connect stores: ask your administrator.",
    faults: {
      empty: "Enter the id.",
      spaces: "Remove the spaces at the beginning or end.",
      characters: "Use letters, digits and signs without accents only.",
      long: "Use at most 255 characters.",
      "not-allowed": "This id is not among those that you may use.",
    },
    same: (id: string) => `The store is connected to ${id} already.`,
  },
  replace: {
    title: (id: string) => `This store is connected to ${id}. Replace it?`,
    consequence: (store: string, from: string, to: string) =>
      `Orders for ${store} will go to ${to} instead of ${from}.`,
    from: "Now",
    to: "New",
    confirm: (to: string) => `Replace by ${to}`,
    cancel: (from: string) => `Keep ${from}`,
  },
  disconnect: {
    action: "Disconnect",
    title: (store: string) => `Disconnect ${store}?`,
    consequence: (store: string, id: string) => `Orders for ${store} will no longer go to ${id}.`,
    confirm: "Disconnect",
    cancel: (id: string) => `Keep ${id}`,
  },
  outcomes,
  outcome: {
    goTo: (store: string, id: string) => `Orders for ${store} go to ${id}.`,
    goNowhere: (store: string) => `No orders arrive for ${store}.`,
    conflict: (id: string) => `This store is connected to ${id}.`,
    failed: (code: ItemCode, ids: Ids) => failures[code](ids),
    pending: "Working on it",
    pendingDetail: "You can close this page; it goes on.",
    waitingUpstream: "Waiting for Otter",
    waitingUpstreamDetail: "It goes on by itself. You can close this page.",
    waitingConsent: "Sign in again to go on",
    progress: "See the progress",
  },
  run: {
    title: "Result",
    progress: (done: number, of: number) => `${numbers.format(done)} of ${numbers.format(of)} done`,
    asAsked: (n: number, of: number) => `${numbers.format(n)} of ${numbers.format(of)} as you asked`,
    started: "Started",
    first: (n: number) => `The first ${counted(n, "store", "stores")} are shown.`,
  },
};

/** Text is what every language says. */
export type Text = typeof en;
