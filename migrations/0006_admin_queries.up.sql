-- What operators search by, in one column so that one index serves it: names, the remote store's id and every local id.
-- A line each, so that no match begins in one and ends in the next.
ALTER TABLE mappings ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (lower(
    store_name || E'\n' || brand_name || E'\n' || organization_name || E'\n' || store_id::text
    || COALESCE(E'\n' || desired_local_id, '') || COALESCE(E'\n' || asked_local_id, '')
    || COALESCE(E'\n' || observed_local_id, '') || COALESCE(E'\n' || restore_local_id, ''))) STORED;
CREATE INDEX mappings_search ON mappings USING gin (search gin_trgm_ops);

-- Filters that no index served.
CREATE INDEX mappings_code ON mappings (code, id) WHERE code IS NOT NULL;
CREATE INDEX mappings_dark ON mappings (id)
    WHERE restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL;

-- The orders that a list can have. None of their keys is ever NULL: a comparison of rows with a NULL loses rows. State
-- has an index since the first migration. The one on the looks serves the filter of stale ones, too.
CREATE INDEX mappings_by_created ON mappings (created_at, id);
CREATE INDEX mappings_by_updated ON mappings (updated_at, id);
CREATE INDEX mappings_by_observed ON mappings ((COALESCE(observed_at, '-infinity'::timestamptz)), id);
CREATE INDEX mappings_by_local_id ON mappings ((COALESCE(desired_local_id, observed_local_id, '') COLLATE "C"), id);
CREATE INDEX mappings_by_store_name ON mappings ((lower(store_name) COLLATE "C"), id);
CREATE INDEX mappings_by_organization_name ON mappings ((lower(organization_name) COLLATE "C"), id);
