import type { ItemCode, Outcome, StoreState } from "../api/nouns";
import type { Fault } from "../draft/faults";
import type { RowFault } from "../draft/match";

const numbers = new Intl.NumberFormat("en");
const plurals = new Intl.PluralRules("en");

function sentenceCase(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

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

const cellFaults: Record<Fault["kind"], (other: string) => string> = {
  empty: () => "Enter the id.",
  spaces: () => "Remove the spaces at the beginning or end.",
  "line-break": () => "The id has a line break: it must be one line.",
  characters: () => "Use letters, digits and signs without accents only.",
  long: () => "Use at most 255 characters.",
  "not-allowed": () => "This id is not among those that you may use.",
  duplicate: (other) => `${other} has the same id.`,
  used: (other) => `${other} is connected to this id already.`,
};

function rowFault(fault: RowFault): string {
  switch (fault.kind) {
    case "no-store":
      return "No store is named.";
    case "unknown-store":
      return `None of the stores that you chose is called ${fault.value}.`;
    case "ambiguous-store":
      return `Several stores are called ${fault.value}: add a column with the brand or the store's own id.`;
    case "repeated-store":
      return `${fault.value} stands in row ${fault.row} already; this row is left out.`;
    case "no-id":
      return "There is no id.";
    case "formula":
      return `${fault.value} looks like a formula. Put an apostrophe before it if it is an id.`;
  }
}

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
    stores: "Stores",
    runs: "Earlier runs",
    language: "Language",
    back: "Back",
    cancel: "Cancel",
    loading: "Loading",
    notFound: "There is no such page",
    notFoundDetail: "The address may be mistyped, or the page may have moved.",
    toStores: "Go to your stores",
    broken: "This page broke",
    reload: "Load it again",
  },
  account: {
    signedInAs: (organization: string) => `You are signed in as ${organization}.`,
    other: "Use another account",
  },
  steps: {
    label: "Steps",
    choose: "Choose",
    map: "Map",
    review: "Review",
    result: "Result",
  },
  connectLink: {
    over: "This link does not work any more",
    overDetail: (application: string) =>
      `A link works once, in one browser, and for a few minutes. Go back to ${application} and ask for a new one. Nothing was changed.`,
    wrong: "This link is for another company",
    wrongDetail: (account: string) =>
      `You are signed in for ${account}. Sign in with the account that the link is for.`,
    signIn: (ids: number) =>
      `The link lets you connect ${counted(ids, "store id", "store ids")}. Sign in with Otter to go on. Nothing changes until you connect a store.`,
    account: (account: string, ids: number) =>
      `You are signed in for ${account}, and may connect ${counted(ids, "store id", "store ids")}. Nothing changes until you connect a store.`,
    goOn: "Choose stores",
    otherAccount: "Use another account",
  },
  welcome: {
    title: (application: string) => `Connect your stores to ${application}`,
    detail: (application: string) =>
      `Sign in with Otter and allow ${application} to see and connect your stores. It takes a few minutes.`,
    points: (application: string) => [
      `${application} sees the names and addresses of your brands and stores.`,
      "You choose the stores and check every change before it is made.",
      "You can disconnect a store at any time.",
    ],
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
  consent: {
    runsOut: (when: string) => `Your consent runs out ${when}.`,
    soon: "in a moment",
    renew: "Renew",
  },
  problem: {
    /** The service speaks English by itself. */
    known: {} as Record<string, { title: string; detail: string }>,
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
  choose: {
    bar: "Your choice",
    one: (store: string) => `Choose ${store}`,
    all: "Choose all that match",
    allThatMatch: (n: number) => `Choose all ${numbers.format(n)}`,
    reading: (n: number) => `${counted(n, "store", "stores")} read so far`,
    count: (n: number) => `${counted(n, "store", "stores")} chosen`,
    nothing: "Tick the stores that you want to connect.",
    clear: "Choose none",
    next: (n: number) => (n === 0 ? "Map stores" : `Map ${counted(n, "store", "stores")}`),
  },
  map: {
    title: "Give each store your id",
    detail: (application: string) =>
      `Type the id that each store has in ${application}, or paste a column from a spreadsheet into the first field.`,
    none: "No store is chosen",
    noneDetail: "Choose the stores that you want to connect first.",
    fromSheet: "Take from a spreadsheet",
    byPattern: "Fill by a pattern",
    field: (store: string) => `Your id for ${store}`,
    placeholder: "Such as K-17",
    now: (id: string) => `Now ${id}`,
    remove: (store: string) => `Leave ${store} out`,
    fault: ({ kind, other }: Fault) => cellFaults[kind](other ?? ""),
    bar: "Your ids",
    ready: (n: number, of: number) =>
      `${numbers.format(n)} of ${numbers.format(of)} ready${n < of ? `, ${numbers.format(of - n)} to fix` : ""}`,
    toNext: (n: number): string => (n === 1 ? "Go to the one to fix" : "Go to the next to fix"),
    next: (n: number) => `Review ${counted(n, "store", "stores")}`,
  },
  pattern: {
    title: "Fill by a pattern",
    pattern: "Pattern",
    hint: "# stands for the number; ## makes it two digits wide.",
    noPlace: "Put a # where the number goes.",
    start: "Start at",
    onlyEmpty: "Only empty fields",
    example: (ids: string[]) => (ids.length === 0 ? "There is nothing to fill." : ids.join(", ")),
    fill: (n: number) => `Fill ${counted(n, "field", "fields")}`,
  },
  sheet: {
    title: "Take ids from a spreadsheet",
    drop: "Drop a CSV file here, or choose one",
    dropHint: "Commas, semicolons or tabs; with or without a header.",
    paste: "Or paste cells here",
    pasteHint: "Two columns: the store and your id.",
    template: "Download the template",
    templateHint: "A file with your chosen stores, ready to fill in:",
    unreadable: {
      empty: "There is nothing in it.",
      quotes: "A quotation mark is not closed in it: the file may be damaged.",
      binary: "This is no CSV file. In your spreadsheet program, save it as CSV.",
      rows: "It has more than 50,000 rows.",
    },
    columns: { store: "Which column names the store?", id: "Which holds your id?", brand: "Which names the brand?" },
    column: (name: string) => `Column ${name}`,
    columnNamed: (name: string, title: string) => `${name}: ${title}`,
    noColumn: "None",
    header: "The first row holds names of columns",
    preview: "The first rows",
    more: (n: number) => `And ${counted(n, "more row", "more rows")}.`,
    found: (n: number, of: number) => `${counted(n, "id fits", "ids fit")}, of ${counted(of, "row", "rows")}`,
    faults: (n: number) => `${counted(n, "row is", "rows are")} left out:`,
    place: (row: number, column: string) => `Row ${numbers.format(row)}, column ${column}:`,
    fault: rowFault,
    moreFaults: (n: number) => `And ${numbers.format(n)} more.`,
    use: (n: number) => `Use ${counted(n, "id", "ids")}`,
    another: "Take another file",
  },
  review: {
    title: "Review",
    detail: "This is what will happen. Nothing has changed yet.",
    looking: (n: number, of: number) => `Looked at ${numbers.format(n)} of ${counted(of, "store", "stores")}`,
    connect: (n: number) => `${counted(n, "store", "stores")} will be connected`,
    willGo: (store: string, id: string) => `Orders for ${store} will go to ${id}.`,
    replace: (n: number) => `${counted(n, "store", "stores")} will move to another id`,
    replaceDetail: "They are connected already. Tick those that shall move; the others stay as they are.",
    replaceAll: (n: number) => (n === 1 ? "Replace it" : `Replace all ${numbers.format(n)}`),
    right: (n: number) => `${counted(n, "store is", "stores are")} already right`,
    conflict: (n: number) => `${counted(n, "store needs", "stores need")} your decision`,
    conflictDetail: "Somebody else connected them. Tick those that shall be replaced; the others stay as they are.",
    decide: (store: string, from: string, to: string) =>
      `Is connected to ${from} now. If you tick it, orders for ${store} will go to ${to} instead of ${from}.`,
    taken: (n: number) => `${counted(n, "id is", "ids are")} used by another store`,
    takenDetail: "These stores are left out. Go back and give them another id, or go on without them.",
    missing: (n: number) => `${counted(n, "store is", "stores are")} gone`,
    more: (n: number) => `Show more (${numbers.format(n)})`,
    bar: "Your decision",
    left: (n: number) =>
      n === 0 ? "Everything is decided." : `${counted(n, "store stays as it is", "stores stay as they are")}.`,
    action: ({ connect, replace, right }: { connect: number; replace: number; right: number }) => {
      const parts = [
        ...(connect > 0 ? [`connect ${numbers.format(connect)}`] : []),
        ...(replace > 0 ? [`replace ${numbers.format(replace)}`] : []),
      ];
      if (parts.length === 0) return right > 0 ? `Confirm ${numbers.format(right)}` : "Nothing to do";
      return sentenceCase(parts.join(", "));
    },
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
    back: (host: string) => `Back to ${host}`,
    title: "Result",
    progress: (done: number, of: number) => `${numbers.format(done)} of ${numbers.format(of)} done`,
    asAsked: (n: number, of: number) => `${numbers.format(n)} of ${numbers.format(of)} as you asked`,
    started: "Started",
    stores: "Stores of this run",
    groups: {
      right: "as you asked",
      failed: "did not work",
      conflict: "to decide",
      stopped: "not begun",
      pending: "going on",
    },
    retry: (n: number) => `Try ${counted(n, "store", "stores")} again`,
    again: "Try again",
    decide: "Decide",
    otherId: "Use another id",
    more: "Connect more stores",
    stop: "Stop",
    download: "Download as CSV",
    columns: ["Store ID", "Brand", "Store", "Your ID", "Result", "Connected to", "What it means"],
    offline: "There is no network at the moment",
    offlineDetail: "The run goes on. This page catches up by itself.",
  },
  stop: {
    title: "Stop this run?",
    consequence: (n: number) =>
      `${counted(n, "store has", "stores have")} not ended. Those not begun stay as they are.`,
    begun: "Those that have begun are finished, and nothing that is done is undone.",
    confirm: "Stop the run",
    cancel: "Let it go on",
  },
  runs: {
    title: "Earlier runs",
    none: "There is no run yet",
    noneDetail: "When you connect stores, the result stays here.",
    stores: (n: number) => counted(n, "store", "stores"),
    states: { running: "Going on", waiting: "Waiting", done: "Ended" },
    more: "Show older runs",
  },
};

/** Text is what every language says. */
export type Text = typeof en;
