ALTER TABLE mappings
    -- Whose work goes first: what a person waits for, else organizations in turn.
    ADD COLUMN lane          text NOT NULL DEFAULT 'interactive' CHECK (lane IN ('interactive', 'background')),
    -- The local store id that the next pass waits for: another mapping of ours holds it and is leaving it. A claim clears it.
    ADD COLUMN waits_for_id  text,
    -- The id that stopped being observed here last, and when: a refusal of it elsewhere may have been for that.
    ADD COLUMN left_local_id text,
    ADD COLUMN left_at       timestamptz;

DROP INDEX mappings_wake;
CREATE INDEX mappings_wake_interactive ON mappings (wake_at)
    WHERE wake_at IS NOT NULL AND (lane = 'interactive' OR restore_local_id IS NOT NULL);
CREATE INDEX mappings_wake_background ON mappings (organization_id, wake_at)
    WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL;
CREATE INDEX mappings_waits_for ON mappings (waits_for_id) WHERE waits_for_id IS NOT NULL;
CREATE INDEX mappings_left ON mappings (left_local_id) WHERE left_local_id IS NOT NULL;
-- Ids that are to be replaced by asks that nobody has looked for yet.
CREATE INDEX mappings_named ON mappings USING gin (named_ids) WHERE settled_generation < generation AND NOT first_seen;
