import { type ChosenStore, type Draft, emptyDraft } from "./draft";

const prefix = "storelink:draft:";
const writePause = 250;

/**
 * DraftStore keeps the draft of one organization in this browser: in memory for the page, and a moment later in
 * localStorage, where it survives a reload, an expired session and a closed laptop. Stores and ids are kept apart, so
 * that typing one id does not write ten thousand names.
 */
export class DraftStore {
  #draft: Draft;
  #listeners = new Set<() => void>();
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #unwritten = { stores: false, ids: false };

  constructor(readonly organizationId: string) {
    this.#draft = this.#read();
  }

  /** The draft as it is now; another object after each change. */
  get = (): Draft => this.#draft;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** choose adds stores. What was typed for one before is there again. */
  choose(stores: Iterable<ChosenStore>) {
    const all = new Map(this.#draft.stores);
    for (const store of stores) all.set(store.id, store);
    this.#change({ ...this.#draft, stores: all }, "stores");
  }

  /** leave takes stores out; what was typed for them stays, in case that they come back. */
  leave(storeIds: Iterable<string>) {
    const all = new Map(this.#draft.stores);
    for (const id of storeIds) all.delete(id);
    this.#change({ ...this.#draft, stores: all }, "stores");
  }

  /** type notes local store ids; an empty one takes it away. */
  type(entries: Iterable<readonly [storeId: string, localStoreId: string]>) {
    const ids = new Map(this.#draft.ids);
    for (const [storeId, localStoreId] of entries) {
      if (localStoreId === "") ids.delete(storeId);
      else ids.set(storeId, localStoreId);
    }
    this.#change({ ...this.#draft, ids }, "ids");
  }

  /** keyFor returns the idempotency key of an ask: the same again for the same body, after a reload, too. */
  keyFor(body: string): string {
    if (this.#draft.sent?.body !== body) {
      this.#change({ ...this.#draft, sent: { body, key: crypto.randomUUID() } }, "ids");
      this.flush();
    }
    return this.#draft.sent?.key ?? "";
  }

  /** accepted forgets all of it, since the run has it now. */
  accepted() {
    this.#change(emptyDraft, "stores", "ids");
    this.flush();
  }

  /** forget drops what is in memory, without writing. */
  forget() {
    clearTimeout(this.#waiting);
    this.#unwritten = { stores: false, ids: false };
    this.#draft = this.#read();
    this.#tell();
  }

  /** flush writes at once what is not written yet. */
  flush() {
    clearTimeout(this.#waiting);
    const { stores, ids, sent } = this.#draft;
    if (this.#unwritten.stores) this.#write("stores", stores.size > 0 ? [...stores.values()] : null);
    if (this.#unwritten.ids) this.#write("ids", ids.size > 0 || sent ? { ids: [...ids], sent } : null);
    this.#unwritten = { stores: false, ids: false };
  }

  #change(draft: Draft, ...parts: ("stores" | "ids")[]) {
    this.#draft = draft;
    for (const part of parts) this.#unwritten[part] = true;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.flush(), writePause);
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  #key(part: string) {
    return `${prefix}${this.organizationId}:${part}`;
  }

  #write(part: string, value: unknown) {
    try {
      if (value === null) localStorage.removeItem(this.#key(part));
      else localStorage.setItem(this.#key(part), JSON.stringify(value));
    } catch {
      // The browser has no room, or keeps nothing: the draft lives as long as the page.
    }
  }

  #read(): Draft {
    try {
      const stores = JSON.parse(localStorage.getItem(this.#key("stores")) ?? "[]") as ChosenStore[];
      const typed = JSON.parse(localStorage.getItem(this.#key("ids")) ?? "{}") as { ids?: [string, string][] } & Pick<
        Draft,
        "sent"
      >;
      return {
        stores: new Map(stores.map((store) => [store.id, store])),
        ids: new Map(typed.ids ?? []),
        sent: typed.sent ?? null,
      };
    } catch {
      return emptyDraft; // somebody else wrote it
    }
  }
}

const drafts = new Map<string, DraftStore>();

/** draftOf returns the draft of an organization, the same one for every page. */
export function draftOf(organizationId: string): DraftStore {
  const draft = drafts.get(organizationId) ?? new DraftStore(organizationId);
  drafts.set(organizationId, draft);
  return draft;
}

/** forgetDrafts drops all that was chosen and typed, of every organization: somebody signed out. */
export function forgetDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  for (const draft of drafts.values()) draft.forget();
}

// Another tab wrote, or signed out: this one shows the same. What is typed here is written before the page goes.
window.addEventListener("storage", ({ key }) => {
  if (key === null || key.startsWith(prefix)) for (const draft of drafts.values()) draft.forget();
});
window.addEventListener("pagehide", () => {
  for (const draft of drafts.values()) draft.flush();
});
