import type { components, operations } from "../../api/schema.gen";

type Schemas = components["schemas"];

/** The nouns of the internal contract, as the generated types have them. */
export type AdminRun = Schemas["AdminRun"];
export type AdminRunSummary = Schemas["AdminRunSummary"];
export type DriftPolicy = Schemas["DriftPolicy"];
export type Grant = Schemas["Grant"];
export type GrantState = Schemas["GrantState"];
export type Item = Schemas["Item"];
export type ItemCode = Schemas["ItemCode"];
export type ItemState = Schemas["ItemState"];
export type Mapping = Schemas["Mapping"];
export type MappingList = Schemas["MappingList"];
export type MappingEvent = Schemas["MappingEvent"];
export type MappingState = Schemas["MappingState"];
export type Organization = Schemas["OrganizationHealth"];
export type RunState = Schemas["RunState"];
export type Stats = Schemas["Stats"];
export type StatsDay = Schemas["StatsDay"];
export type Total = Schemas["Total"];
export type UnmatchedWebhook = Schemas["UnmatchedWebhook"];

/** A query of the list of mappings, without its page. */
export type MappingQuery = Omit<
  NonNullable<operations["listMappings"]["parameters"]["query"]>,
  "limit" | "cursor" | "format"
>;
export type MappingSort = NonNullable<MappingQuery["sort"]>;

/** All states that a mapping can be in, in the order in which a filter offers them: what needs somebody comes first. */
export const mappingStates = [
  "failed",
  "conflict",
  "drifted",
  "waiting",
  "pending",
  "connected",
  "disconnected",
  "unmanaged",
] as const satisfies readonly MappingState[];

/** All codes of what is not as asked. */
export const itemCodes = [
  "local_store_id_refused",
  "local_store_id_taken",
  "store_not_found",
  "scope_missing",
  "access_denied",
  "reauthorization_required",
  "upstream_unavailable",
  "restore_failed",
] as const satisfies readonly ItemCode[];

/** What a list of mappings can be ordered by. */
export const sortColumns = [
  "id",
  "createdAt",
  "updatedAt",
  "observedAt",
  "state",
  "localStoreId",
  "storeName",
  "organizationName",
] as const;

/** How an item of a run can stand, in the order in which a filter offers it. */
export const itemStates = [
  "failed",
  "conflict",
  "pending",
  "connected",
  "replaced",
  "unchanged",
  "disconnected",
  "superseded",
  "cancelled",
] as const satisfies readonly ItemState[];

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** isUUID reports whether the text has the form of a UUID. */
export function isUUID(text: string): boolean {
  return uuidPattern.test(text);
}
