-- A run of an operator may concern mappings of several organizations: it is none of theirs.
ALTER TABLE runs ALTER COLUMN organization_id DROP NOT NULL;
