-- The newest generation that a pass ever began with: cancelling leaves it alone.
ALTER TABLE mappings ADD COLUMN claimed_generation bigint NOT NULL DEFAULT 0;

-- The state of the generation settled last, kept while a newer one is not: what a cancelled ask goes back to.
ALTER TABLE mappings ADD COLUMN settled_state text;
ALTER TABLE mappings ADD COLUMN settled_code text;

-- What was begun before nobody noted it counts as begun.
UPDATE mappings SET claimed_generation = generation;

CREATE INDEX run_items_outcome ON run_items (run_id, COALESCE(outcome, 'pending'), number);
CREATE INDEX run_items_changed ON run_items (run_id, version, number);
