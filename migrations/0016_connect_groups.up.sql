-- The group of the catalogue that a link was made for; local_ids are the stores that it had then.
ALTER TABLE connect_sessions ADD COLUMN group_name text NOT NULL DEFAULT '';
