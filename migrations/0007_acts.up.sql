-- What operators do to a mapping stands in its history as well.
ALTER TABLE mapping_events
    DROP CONSTRAINT mapping_events_kind_check,
    ADD CONSTRAINT mapping_events_kind_check CHECK (kind IN ('asked', 'observed', 'settled', 'reconcile', 'adopted'));

-- When the grant's tokens were renewed last; what happened before nobody noted.
ALTER TABLE grants ADD COLUMN refreshed_at timestamptz;
CREATE INDEX grants_organization ON grants (organization_id, id);

CREATE INDEX runs_unfinished ON runs (id DESC) WHERE ended_at IS NULL;
CREATE INDEX organizations_order ON organizations ((lower(name) COLLATE "C"), id);
CREATE INDEX organizations_search ON organizations USING gin (lower(name) gin_trgm_ops);
CREATE INDEX mappings_organization_state ON mappings (organization_id, state);
