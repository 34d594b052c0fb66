DROP INDEX mappings_wake_interactive;
CREATE INDEX mappings_wake_interactive ON mappings (wake_at)
    WHERE wake_at IS NOT NULL AND (lane = 'interactive' OR restore_local_id IS NOT NULL);
DROP INDEX mappings_wake_background;
CREATE INDEX mappings_wake_background ON mappings (organization_id, wake_at)
    WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL;
