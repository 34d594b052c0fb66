DROP INDEX mappings_by_organization_name, mappings_by_store_name, mappings_by_local_id, mappings_by_observed,
    mappings_by_updated, mappings_by_created, mappings_dark, mappings_code;
ALTER TABLE mappings DROP COLUMN search;
