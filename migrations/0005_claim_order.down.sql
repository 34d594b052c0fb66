DROP INDEX mappings_named;
CREATE INDEX mappings_named ON mappings USING gin (named_ids) WHERE settled_generation < generation AND NOT first_seen;
CREATE INDEX mappings_lease ON mappings (lease_token) WHERE lease_token IS NOT NULL;
ALTER TABLE mappings RESET (fillfactor);
DROP INDEX mappings_wake_interactive;
CREATE INDEX mappings_wake_interactive ON mappings (wake_at)
    WHERE wake_at IS NOT NULL AND (lane = 'interactive' OR restore_local_id IS NOT NULL);
DROP INDEX mappings_wake_background;
CREATE INDEX mappings_wake_background ON mappings (organization_id, wake_at)
    WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL;
