UPDATE mappings SET lane = 'background', due_at = NULL, due_for = NULL WHERE lane = 'drift';
DROP INDEX mappings_wake_drift;
ALTER TABLE organizations
    DROP COLUMN drift_policy;
ALTER TABLE mappings
    DROP COLUMN heals_since,
    DROP COLUMN heals,
    DROP CONSTRAINT mappings_lane_check,
    ADD CONSTRAINT mappings_lane_check CHECK (lane IN ('interactive', 'background'));
