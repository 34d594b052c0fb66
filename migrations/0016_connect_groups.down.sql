ALTER TABLE connect_sessions DROP COLUMN group_name;
