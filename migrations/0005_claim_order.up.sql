-- Mappings that became due at the same instant, as the items of one run do, are claimed in the order of their ids.
DROP INDEX mappings_wake_interactive;
CREATE INDEX mappings_wake_interactive ON mappings (wake_at, id)
    WHERE wake_at IS NOT NULL AND (lane = 'interactive' OR restore_local_id IS NOT NULL);
DROP INDEX mappings_wake_background;
CREATE INDEX mappings_wake_background ON mappings (organization_id, wake_at, id)
    WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL;

-- Claiming a mapping, renewing its lease and recording an intent change no indexed column, and stay on their page.
ALTER TABLE mappings SET (fillfactor = 60);
DROP INDEX mappings_lease;
DROP INDEX mappings_named;
CREATE INDEX mappings_named ON mappings USING gin (named_ids) WHERE settled_generation < generation AND named_ids <> '{}';
