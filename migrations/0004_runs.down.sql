DROP INDEX run_items_changed;
DROP INDEX run_items_outcome;
ALTER TABLE mappings DROP COLUMN settled_code;
ALTER TABLE mappings DROP COLUMN settled_state;
ALTER TABLE mappings DROP COLUMN claimed_generation;
