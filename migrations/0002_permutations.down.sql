DROP INDEX mappings_named, mappings_left, mappings_waits_for, mappings_wake_background, mappings_wake_interactive;
CREATE INDEX mappings_wake ON mappings (wake_at) WHERE wake_at IS NOT NULL;
ALTER TABLE mappings DROP COLUMN left_at, DROP COLUMN left_local_id, DROP COLUMN waits_for_id, DROP COLUMN lane;
