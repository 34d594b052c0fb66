import type { ItemCode, ItemState, Mapping, MappingEvent, MappingState } from "../api/nouns";

const numbers = new Intl.NumberFormat("en");
const plurals = new Intl.PluralRules("en");
const decimals = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
const compacts = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

function duration(seconds: number): string {
  const [unit, size] = (
    [
      ["day", 86_400],
      ["hour", 3_600],
      ["minute", 60],
      ["second", 1],
    ] as const
  ).find(([, of]) => seconds >= of) ?? ["second", 1];
  const value = seconds / size;
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat("en", options).format(value);
}

function counted(n: number, one: string, other: string): string {
  return `${numbers.format(n)} ${plurals.select(n) === "one" ? one : other}`;
}

const states: Record<MappingState, string> = {
  failed: "Failed",
  conflict: "Conflict",
  drifted: "Changed at Otter",
  waiting: "Waiting",
  pending: "Working on it",
  connected: "Connected",
  disconnected: "Not connected",
  unmanaged: "Not connected by us",
};

const codes: Record<ItemCode, string> = {
  local_store_id_refused: "Id refused",
  local_store_id_taken: "Id taken by another store",
  store_not_found: "Store gone at Otter",
  scope_missing: "Scope missing",
  access_denied: "No access to the store",
  reauthorization_required: "Consent needed",
  upstream_unavailable: "Otter does not answer",
  restore_failed: "Old id not put back",
};

const outcomes: Record<ItemState, string> = {
  failed: "Failed",
  conflict: "Conflict",
  pending: "Not ended",
  connected: "Connected",
  replaced: "Moved to the new id",
  unchanged: "Was already right",
  disconnected: "Disconnected",
  superseded: "A newer change took over",
  cancelled: "Stopped before it began",
};

/** What a mapping's times are in words, such as "an hour ago". */
type Times = { looked: string; waiting: string; next: string; changed: string };

const orders = (m: Mapping) =>
  m.observedLocalStoreId === null
    ? "The store is not connected and gets no orders."
    : `The store is connected to ${m.observedLocalStoreId}.`;

const still = (m: Mapping) =>
  m.observedLocalStoreId === null
    ? "the store is not connected and gets no orders"
    : `the store is still connected to ${m.observedLocalStoreId}`;

const failures: Record<ItemCode, (m: Mapping, t: Times) => string> = {
  local_store_id_refused: (m, t) => `Otter refused ${m.askedLocalStoreId} ${t.changed}; ${still(m)}.`,
  local_store_id_taken: (m, t) => `${m.askedLocalStoreId} is used by another store (seen ${t.changed}); ${still(m)}.`,
  store_not_found: (_, t) => `Otter no longer has this store; that was found ${t.changed}.`,
  scope_missing: (m) =>
    `The account that gave consent may not connect stores: the scope organization.service_integration is missing; ${still(m)}.`,
  access_denied: (m) => `The account that gave consent has no access to this store; ${still(m)}.`,
  reauthorization_required: (m) => `Otter no longer accepts the consent of ${m.organizationName}; ${still(m)}.`,
  upstream_unavailable: (m, t) => `Otter does not answer; ${still(m)}. Next try ${t.next}.`,
  restore_failed: (m, t) =>
    `${m.askedLocalStoreId ?? "The new id"} was refused and ${m.restoreLocalStoreId} could not be put back yet: the store gets no orders. Next try ${t.next}.`,
};

const wish = (m: Mapping) =>
  m.askedLocalStoreId === null ? "disconnecting the store" : `connecting the store to ${m.askedLocalStoreId}`;

const reasons: Record<MappingState, (m: Mapping, t: Times) => string> = {
  pending: (m, t) =>
    m.leasedUntil === null
      ? `storelink is about to go on with ${wish(m)}; next try ${t.next}.`
      : `storelink is ${wish(m)} at this moment.`,
  waiting: (m, t) =>
    m.waitingFor === "consent"
      ? `The consent of ${m.organizationName} has ended: storelink waits since ${t.waiting} for somebody to sign in again. ${orders(m)}`
      : `storelink waits for Otter since ${t.waiting}, after ${counted(m.attempts, "try", "tries")}; next try ${t.next}. ${orders(m)}`,
  connected: (m, t) => `Connected to ${m.observedLocalStoreId}, as wanted; seen at Otter ${t.looked}.`,
  disconnected: (_, t) => `Not connected, as wanted; seen at Otter ${t.looked}. No orders arrive.`,
  conflict: (m, t) =>
    m.observedLocalStoreId === null
      ? `What Otter showed ${t.looked} is not what was expected, so storelink left it as it is.`
      : `The store is connected to ${m.observedLocalStoreId}, which somebody else set (seen ${t.looked}), so storelink did not put ${m.askedLocalStoreId ?? "anything"} in its place.`,
  failed: (m) => `The last change failed; ${still(m)}.`,
  drifted: (m, t) =>
    m.observedLocalStoreId === null
      ? `Removed at Otter by somebody else: the store should be connected to ${m.desiredLocalStoreId} and was found without a connection ${t.looked}. It gets no orders.`
      : `Changed at Otter by somebody else: the store should be ${m.desiredLocalStoreId === null ? "disconnected" : `connected to ${m.desiredLocalStoreId}`} and was found connected to ${m.observedLocalStoreId} ${t.looked}.`,
  unmanaged: (m, t) =>
    m.observedLocalStoreId === null
      ? `storelink holds no opinion: what was asked for came to nothing. The store was found without a connection ${t.looked}.`
      : `storelink holds no opinion: the store is connected to ${m.observedLocalStoreId}, which somebody else set.`,
};

const id = (localStoreId: string | null) => localStoreId ?? "no connection";

const outcomeWords: Record<string, string> = outcomes;

function settled(event: MappingEvent): string {
  const [outcome = "", ...detail] = event.why.split(": ");
  const words = outcomeWords[outcome];
  if (words === undefined) return event.why === "" ? "Looked at: as it was" : event.why;
  return detail.length > 0 ? `Ended: ${words} (${detail.join(": ")})` : `Ended: ${words}`;
}

/** event says in words what a line of a mapping's history tells. */
function event(e: MappingEvent): string {
  switch (e.kind) {
    case "asked":
      if (e.to === null) return e.from === null ? "Asked to disconnect" : `Asked to disconnect ${e.from}`;
      return e.from === null || e.from === e.to ? `Asked for ${e.to}` : `Asked for ${e.to} instead of ${e.from}`;
    case "observed":
      return `Otter shows ${id(e.to)} instead of ${id(e.from)}`;
    case "settled":
      return settled(e);
    case "reconcile":
      return "Asked for a look and repair now";
    case "adopted":
      return `Took over what Otter shows: ${id(e.to)} instead of ${id(e.from)}`;
  }
}

/** The words of the console in English. Another language is another object of the same type. */
export const en = {
  language: "en",
  number: (n: number) => numbers.format(n),
  decimal: (n: number) => decimals.format(n),
  percent: (n: number) => percents.format(n),
  compact: (n: number) => compacts.format(n),
  duration,
  name: "storelink console",
  nav: {
    label: "Pages",
    skip: "Skip to content",
    overview: "Overview",
    mappings: "Mappings",
    organizations: "Organizations",
    grants: "Consents",
    runs: "Runs",
    webhooks: "Webhooks",
    menu: "Menu",
    account: (name: string, role: string) => `${name} (${role})`,
    roles: { read: "read", operate: "operate", connect: "connect" } as Record<string, string>,
    language: "Language",
    signOut: "Sign out",
    notFound: "There is no such page",
    notFoundDetail: "The address may be mistyped, or the page may have moved.",
    toMappings: "Go to the mappings",
    broken: "This page broke",
    reload: "Load it again",
    copyDetails: "Copy what broke",
    copied: "Copied",
  },
  signIn: {
    title: "Sign in to the console",
    detail: "With an admin token of the role read or operate. It is exchanged for a session and not kept here.",
    ended: "Your session has ended. Sign in to go on where you were.",
    field: "Admin token",
    action: "Sign in",
    empty: "Enter the token.",
    refused: "This token is not known. Check that all of it was copied.",
    weak: "The role of this token does not open the console: it takes read or operate.",
  },
  list: {
    total: (n: number, exact: boolean) => `${exact ? "" : "~"}${numbers.format(n)}`,
    asOf: "as of",
    more: "Loading more",
    end: (n: number) => `That is all: ${numbers.format(n)}`,
    sortBy: (column: string) => `Order by ${column}`,
    none: "—",
    nothing: "none",
    copy: (what: string) => `Copy ${what}`,
    all: "All",
  },
  states,
  codes,
  outcomes,
  runStates: { running: "Running", waiting: "Waiting", done: "Ended" },
  mappings: {
    title: "Mappings",
    search: "Search",
    searchHint: "Part of a name or an id, 3 characters at least. A shorter id: filter by local id",
    state: "State",
    code: "Reason",
    chosen: (n: number) => numbers.format(n),
    more: "More filters",
    columns: "Columns",
    columnsReset: "As at first",
    csv: "CSV",
    csvHint: "Download all that match as a CSV file",
    clear: "Clear all filters",
    remove: (filter: string) => `Remove the filter ${filter}`,
    none: "No mapping matches",
    noneDetail: "Change or remove a filter.",
    empty: "There is no mapping yet",
    emptyDetail: "A store gets its mapping when somebody first asks to connect it.",
    neverAsked: "Nobody ever asked to connect this store",
    neverAskedDetail:
      "Otter has the store, and storelink was never asked for it: no orders can arrive. A manager of the organization connects it in the wizard.",
    unknownStore: "No such store is known",
    unknownStoreDetail:
      "Neither a mapping nor what was last loaded from Otter has this id. Check the id, or let somebody of the organization sign in so that its stores are loaded.",
    noLocalId: (id: string) => `No store has or was ever asked to have ${id}`,
    noLocalIdDetail: "No mapping wants, asked for, shows or may get back this local id: nobody ever asked for it.",
    column: {
      localStoreId: "Local id",
      storeName: "Store",
      organizationName: "Organization",
      state: "State",
      observed: "Observed",
      observedAt: "Looked at",
      asked: "Asked for",
      previous: "Previous",
      restore: "To be put back",
      attempts: "Tries",
      nextTryAt: "Next try",
      waitingSince: "Waiting since",
      message: "Otter's message",
      storeId: "Otter's store id",
      updatedAt: "Changed",
      createdAt: "First asked",
    },
  },
  filters: {
    title: "Filters",
    localStoreId: "Local id",
    localStoreIdHint: "Wanted, asked for, observed or to be put back",
    desiredLocalStoreId: "Wanted local id",
    observedLocalStoreId: "Observed local id",
    remoteStoreId: "Otter's store id",
    organizationId: "Organization",
    organizationHint: "Type 3 letters of its name, or paste its id",
    brandId: "Brand id",
    dark: "Dark",
    darkHint: "Taken off on the way to another id: no orders arrive",
    darkYes: "Only dark",
    darkNo: "Not dark",
    staleSince: "Not looked at since",
    staleHint: "A time, or one of these",
    ago: (unit: "hour" | "day", n: number) => counted(n, unit, `${unit}s`),
    uuid: "This is no id of the form 0190a000-0000-7000-8000-000000000001.",
    apply: "Show",
    cancel: "Cancel",
    q: "Search",
    state: "State",
    code: "Reason",
    yes: "yes",
    no: "no",
  },
  mapping: {
    back: "Mappings",
    reason: (m: Mapping, t: Times): string => {
      if (m.state === "failed" && m.code !== null) return failures[m.code](m, t);
      if (m.state === "waiting" && m.code === "upstream_unavailable")
        return `Otter does not answer since ${t.waiting}, after ${counted(m.attempts, "try", "tries")}; we keep trying, next ${t.next}. ${orders(m)}`;
      return reasons[m.state](m, t);
    },
    dark: "Dark: the connection was taken off on the way to another id and nothing stands there yet. No orders arrive.",
    message: "Otter's own words",
    holder: (id: string) => `Other stores with ${id}`,
    noHolder: (id: string) => `No mapping here has ${id}: it is used outside of storelink.`,
    consents: (organization: string) => `Consents of ${organization}`,
    askedHint: "What the newest request wanted, in vain so far",
    desired: "Wanted",
    desiredHint: "What storelink keeps the store at",
    observed: "Observed",
    observedHint: "What Otter showed at the last look",
    previous: "Previous",
    previousHint: "What stood there before",
    unmanaged: "no opinion",
    noConnection: "no connection",
    notLooked: "never looked at",
    details: "Details",
    asked: "Asked for last",
    restore: "To be put back",
    waitingFor: "Waiting for",
    waits: { consent: "consent", upstream: "Otter" },
    since: "since",
    lease: "Worked on until",
    attempts: "Tries without success",
    nextTry: "Next try",
    generation: "Generation",
    generationOf: (generation: number, settled: number) =>
      generation === settled
        ? `${numbers.format(generation)}, settled`
        : `${numbers.format(generation)}; ${numbers.format(settled)} settled`,
    lookedAt: "Looked at",
    changedAt: "Changed",
    createdAt: "First asked for",
    storeId: "Otter's store id",
    brandId: "Otter's brand id",
    organizationId: "Organization's id",
    mappingId: "Mapping's id",
    history: "History",
    historyNone: "Nothing has happened yet.",
    older: "Show older",
    loadingAll: "Loading more of the history",
    event,
    by: (actor: string) =>
      actor === "user"
        ? "a manager"
        : actor === "upstream"
          ? "somebody at Otter"
          : actor === "storelink"
            ? "storelink"
            : actor,
    request: "Request",
    run: "Run",
    reasonGiven: (reason: string) => `“${reason}”`,
  },
  act: {
    reconcile: "Reconcile now",
    adopt: "Adopt",
    adoptId: (id: string | null) => (id === null ? "Adopt: no connection" : `Adopt ${id}`),
    disconnect: "Disconnect",
    reason: "Reason",
    reasonHint: "One line, for the history: who asks, which ticket",
    reasonEmpty: "Say why.",
    reasonLong: "Use at most 500 characters.",
    cancel: "Leave it as it is",
    titles: {
      reconcile: (store: string) => `Reconcile ${store} now?`,
      adopt: (store: string) => `Adopt what Otter shows for ${store}?`,
      disconnect: (store: string) => `Disconnect ${store}?`,
    },
    consequences: {
      reconcile: (m: Mapping) => {
        const look = "storelink looks at the store at Otter now, and puts right what is not as wanted.";
        const { desiredLocalStoreId: wanted, observedLocalStoreId: seen } = m;
        if (!m.managed) return `${look} Nothing is wanted for this store, so nothing is changed.`;
        if (wanted === seen) return `${look} If Otter still shows ${id(seen)}, nothing changes.`;
        if (wanted === null) return `${look} ${seen} is taken off: no orders will arrive for ${m.storeName}.`;
        if (seen === null) return `${look} ${wanted} is put there: orders for ${m.storeName} will go to ${wanted}.`;
        return `${look} Orders for ${m.storeName} will go to ${wanted} instead of ${seen}.`;
      },
      adopt: (m: Mapping) =>
        m.observedLocalStoreId === null
          ? `From now on no connection is wanted for ${m.storeName}. Nothing changes at Otter: no orders arrive, as now.`
          : `From now on ${m.observedLocalStoreId} is what is wanted. Nothing changes at Otter: orders for ${m.storeName} go on to ${m.observedLocalStoreId}.`,
      disconnect: (m: Mapping) =>
        m.observedLocalStoreId === null
          ? `Whatever is connected is taken off at Otter. No orders will arrive for ${m.storeName}.`
          : `${m.observedLocalStoreId} is taken off at Otter. No orders will arrive for ${m.storeName}.`,
    },
    onlyThis: (id: string) => `Only if Otter still shows ${id}`,
    asked: "storelink looks at the store now; this page shows what comes of it.",
    adopted: "What Otter shows is what is wanted from now on.",
    readOnly: "Your role may look and not change anything.",
  },
  overview: {
    title: "Overview",
    now: "Now",
    total: "All mappings",
    dark: "Dark",
    darkHint: "taken off, nothing in its place",
    darkFor: (time: string) => `the longest for ${time}`,
    attentionByDay: "Needs somebody, by day",
    statesByDay: "Other states, by day",
    driftByDay: "Drift found and healed, by day",
    found: "Found",
    healed: "Healed",
    day: "Day",
    numbers: "As numbers",
    budget: "Calls of Otter",
    used: (used: string, of: string) => `${used} of ${of} calls a second`,
    noLimit: "No limit is set",
    lowered: (share: string) => `Lowered to ${share} after Otter said 429; it climbs back by itself.`,
    lanes: { interactive: "Interactive", background: "Background", drift: "Drift" },
    perSecond: (n: string) => `${n} a second`,
    ahead: "Booked ahead",
    tokenCalls: "Token calls",
    tokenCallsOf: (n: number) => `${numbers.format(n)} of 3 in the last minute`,
    workList: "Work list",
    due: (n: string) => `${n} due`,
    oldest: (time: string) => `the oldest for ${time}`,
    drift: "Looks for drift",
    drifted: "Changed at Otter",
    lookedAt: "Looked at in turn",
    goal: "Each every (goal)",
    effective: "Each every (now)",
    nobodyLooks: "nobody looks",
    codes: "Why not as asked",
    noCodes: "Everything is as asked.",
    consents: "Consents",
    active: "Active",
    without: "Organizations without one",
    expiring: (days: number) => `Run out in ${counted(days, "day", "days")}`,
    webhooks: "Webhooks",
    unmatched: "Fitted no mapping",
    unmatchedHint: "What Otter told of in the last 7 days and no mapping is about",
    moreThan: (n: number) => `more than ${numbers.format(n)}`,
  },
  unmatched: {
    title: "Unmatched webhooks",
    detail:
      "What Otter told of in the last 7 days and no mapping is about: somebody connects stores besides storelink, or a store was never asked for.",
    received: "Received",
    told: "By Otter's clock",
    type: "Tells of",
    types: { "stores.upsert": "Store connected", "stores.remove": "Store disconnected" } as Record<string, string>,
    localId: "Local id",
    storeId: "Otter's store id",
    empty: "Every webhook fitted a mapping",
    emptyDetail: "Nothing that Otter told of in the last 7 days is unknown here.",
  },
  bulk: {
    open: "Act on all of these",
    title: "Act on all that match",
    act: "What to do",
    meaning: {
      reconcile: "Look at each store now and put right what is not as wanted. What somebody else set may be taken off.",
      adopt: "Take what Otter shows as what is wanted. Nothing changes at Otter.",
      disconnect: "Take the connections off at Otter. No orders will arrive for these stores.",
    },
    which: "Which",
    filterFirst: "Filter first: nobody acts on everything that there is.",
    counting: "Counting",
    about: (n: number) => (n === 0 ? "No mapping matches." : `This is about ${counted(n, "mapping", "mappings")}.`),
    changed: (n: number) =>
      `The number has changed meanwhile: it is about ${counted(n, "mapping", "mappings")} now. Nothing was done.`,
    type: (n: number) => `Type ${numbers.format(n)} to confirm`,
    tooMany: (most: number) => `At most ${numbers.format(most)} can be acted on together: filter further.`,
    wrongCount: "Type the number that stands above.",
    confirm: { reconcile: "Reconcile", adopt: "Adopt", disconnect: "Disconnect" },
    confirmCount: {
      reconcile: (n: number) => `Reconcile ${numbers.format(n)}`,
      adopt: (n: number) => `Adopt ${numbers.format(n)}`,
      disconnect: (n: number) => `Disconnect ${numbers.format(n)}`,
    },
  },
  organizations: {
    title: "Organizations",
    search: "Search",
    searchHint: "Part of the name, 3 characters at least",
    organization: "Organization",
    connected: "Connected",
    attention: "Needs somebody",
    busy: "Under way",
    other: "Other",
    consent: "Consent",
    consents: { active: "Active", reauthorization_required: "Ended", none: "None" },
    until: "until",
    policy: "Drift",
    policies: { report: "Report", heal: "Heal", default: "As the deployment" },
    policyOf: (organization: string) => `Drift policy of ${organization}`,
    since: "Since",
    none: "No organization matches",
    noneDetail: "Change the search.",
    empty: "No organization has signed in yet",
    emptyDetail: "One appears here when somebody of it signs in for the first time.",
    change: (organization: string) => `Change what is done about drift at ${organization}?`,
    changes: {
      report: "Connections that somebody changes at Otter are shown as changed, and a person decides.",
      heal: "Connections that somebody changes at Otter are put right by the next look, without asking anybody. What they put there is taken off.",
      default: "What the deployment does about drift holds here, too.",
    },
    confirm: "Change",
    cancel: "Leave it as it is",
  },
  grants: {
    title: "Consents",
    organization: "Organization",
    state: "State",
    states: { active: "Active", reauthorization_required: "Ended" },
    scopes: "Scopes",
    expires: "Runs out",
    renewed: "Renewed",
    notRenewable: "not renewed by itself",
    sessions: "Browsers",
    given: "Given",
    forget: "Forget",
    forgetOf: (organization: string) => `Forget this consent of ${organization}`,
    forgetTitle: (organization: string) => `Forget this consent of ${organization}?`,
    forgetDetail: (sessions: number) =>
      `${sessions === 0 ? "Nobody is signed in by it." : `${counted(sessions, "browser", "browsers")} will be signed out.`} Work goes on with another consent of the organization, or waits until somebody signs in again. This cannot be taken back.`,
    confirm: "Forget it",
    cancel: "Keep it",
    none: "No consent matches",
    noneDetail: "Change or remove a filter.",
    empty: "Nobody has given consent yet",
    emptyDetail: "A consent appears here when somebody signs in with Otter.",
  },
  runs: {
    title: "Runs",
    started: "Started",
    organization: "Organization",
    actor: "By",
    state: "State",
    stores: "Stores",
    result: "Result",
    ended: "Ended",
    none: "No run matches",
    noneDetail: "Change or remove a filter.",
    empty: "There was no run yet",
    emptyDetail: "Each request to connect or disconnect stores is a run.",
    several: "several organizations",
  },
  run: {
    back: "Runs",
    title: (stores: number, organization: string) => `${counted(stores, "store", "stores")} of ${organization}`,
    progress: (done: number, of: number) => `${numbers.format(done)} of ${numbers.format(of)} done`,
    waiting: { consent: "Waiting for consent", upstream: "Waiting for Otter" },
    live: "Live: this page follows it",
    by: "by",
    started: "Started",
    ended: "ended",
    cancel: "Cancel",
    cancelTitle: "Cancel what has not begun?",
    cancelDetail: (pending: number) =>
      `Of the ${counted(pending, "store", "stores")} that have not ended, those not begun are left as they are; those begun are finished. What was done is not taken back.`,
    cancelConfirm: "Cancel what has not begun",
    cancelKeep: "Let it go on",
    store: "Store",
    askedFor: "Asked for",
    disconnect: "disconnect",
    outcome: "Outcome",
    now: "Connected to",
    detail: "Why",
    items: "Stores of this run",
    noItems: "No store of this run is so",
    noItemsDetail: "Choose another outcome.",
  },
};

/** ConsoleText is what every language says. */
export type ConsoleText = typeof en;
