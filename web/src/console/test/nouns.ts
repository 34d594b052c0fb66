import type { AdminRun, Grant, Item, Mapping, MappingEvent, Organization } from "../api/nouns";

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export const operator = { name: "ops-anna", role: "operate" as const };
export const reader = { name: "night", role: "read" as const };

export const connected: Mapping = {
  id: "0190a000-0000-7000-8000-00000000aa01",
  organizationId: "0190a000-0000-7000-8000-000000000001",
  organizationName: "Probe Kitchens",
  brandId: "0190a000-0000-7000-8000-00000000000b",
  brandName: "Burger",
  storeId: "0190a000-0000-7000-8000-0000000000a2",
  storeName: "Camden",
  managed: true,
  desiredLocalStoreId: "K-22",
  askedLocalStoreId: "K-22",
  observedLocalStoreId: "K-22",
  previousLocalStoreId: "K-9",
  restoreLocalStoreId: null,
  state: "connected",
  code: null,
  dark: false,
  waitingFor: null,
  waitingSince: null,
  attempts: 0,
  nextTryAt: null,
  upstreamMessage: null,
  leasedUntil: null,
  generation: 2,
  settledGeneration: 2,
  observedAt: ago(61),
  createdAt: ago(5_000),
  updatedAt: ago(61),
};

export const refused: Mapping = {
  ...connected,
  id: "0190a000-0000-7000-8000-00000000aa02",
  storeName: "Soho",
  desiredLocalStoreId: "K-9",
  observedLocalStoreId: "K-9",
  previousLocalStoreId: null,
  state: "failed",
  code: "local_store_id_refused",
  upstreamMessage: "no such menu",
};

export const asked: MappingEvent = {
  id: "0190a000-0000-7000-8000-0000000000e1",
  at: ago(62),
  kind: "asked",
  actor: "user",
  from: "K-9",
  to: "K-22",
  why: "",
  requestId: "req-asked",
  runId: "0190a000-0000-7000-8000-0000000000f1",
};

export const settled: MappingEvent = {
  ...asked,
  id: "0190a000-0000-7000-8000-0000000000e2",
  at: ago(61),
  kind: "settled",
  actor: "storelink",
  why: "failed: Otter did not accept the id K-22",
  requestId: "req-settled",
};

export const organization: Organization = {
  id: connected.organizationId,
  name: "Probe Kitchens",
  mappings: {
    pending: 0,
    waiting: 0,
    connected: 31,
    disconnected: 0,
    conflict: 0,
    failed: 2,
    drifted: 0,
    unmanaged: 0,
  },
  grants: { state: "active", active: 1, ended: 0, expiresAt: ago(-60 * 24 * 5 - 1) },
  driftPolicy: null,
  createdAt: ago(9_000),
};

export const grant: Grant = {
  id: "0190a000-0000-7000-8000-0000000000b1",
  organizationId: organization.id,
  organizationName: organization.name,
  state: "reauthorization_required",
  reason: "Otter withdrew it",
  scopes: ["organization.read"],
  expiresAt: ago(10),
  refreshable: false,
  refreshedAt: null,
  sessions: 2,
  createdAt: ago(9_000),
};

export const item: Item = {
  brandId: connected.brandId,
  brandName: connected.brandName,
  storeId: connected.storeId,
  storeName: connected.storeName,
  localStoreId: "K-22",
  outcome: null,
  observedLocalStoreId: null,
  error: null,
};

export const run: AdminRun = {
  id: "0190a000-0000-7000-8000-0000000000f1",
  organizationId: organization.id,
  organizationName: organization.name,
  state: "running",
  waitingFor: null,
  waitingSince: null,
  createdAt: ago(1),
  endedAt: null,
  actor: "ops-anna",
  total: 1,
  counts: {
    connected: 0,
    replaced: 0,
    unchanged: 0,
    disconnected: 0,
    conflict: 0,
    superseded: 0,
    cancelled: 0,
    failed: 0,
    pending: 1,
  },
  items: [item],
};
