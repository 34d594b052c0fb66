-- Looks for drift have a lane of their own, below all that somebody asked for.
ALTER TABLE mappings
    DROP CONSTRAINT mappings_lane_check,
    ADD CONSTRAINT mappings_lane_check CHECK (lane IN ('interactive', 'background', 'drift')),
    -- How often a look put a changed connection right, since when: a store that flaps is left to a person.
    ADD COLUMN heals       integer NOT NULL DEFAULT 0,
    ADD COLUMN heals_since timestamptz;
ALTER TABLE organizations
    ADD COLUMN drift_policy text CHECK (drift_policy IN ('report', 'heal')); -- NULL: the deployment's
CREATE INDEX mappings_wake_drift ON mappings (wake_at, id)
    WHERE wake_at IS NOT NULL AND lane = 'drift' AND restore_local_id IS NULL;

-- What settled before there were looks for drift is looked at in turn, spread over the default interval.
UPDATE mappings SET lane = 'drift', due_at = storelink_now() + random() * interval '6 hours', due_for = 'drift'
WHERE due_at IS NULL AND verify_at IS NULL AND lease_token IS NULL AND restore_local_id IS NULL
  AND settled_generation = generation AND state IN ('connected', 'disconnected', 'drifted');
