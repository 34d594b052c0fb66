DROP INDEX mappings_organization_state;
DROP INDEX organizations_search;
DROP INDEX organizations_order;
DROP INDEX runs_unfinished;
DROP INDEX grants_organization;
ALTER TABLE grants DROP COLUMN refreshed_at;
DELETE FROM mapping_events WHERE kind IN ('reconcile', 'adopted');
ALTER TABLE mapping_events
    DROP CONSTRAINT mapping_events_kind_check,
    ADD CONSTRAINT mapping_events_kind_check CHECK (kind IN ('asked', 'observed', 'settled'));
