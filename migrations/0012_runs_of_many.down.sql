-- The older version knows runs of one organization alone: such a run goes to that of its first item.
UPDATE runs r SET organization_id = (
    SELECT m.organization_id FROM run_items i JOIN mappings m ON m.id = i.mapping_id WHERE i.run_id = r.id ORDER BY i.number LIMIT 1)
WHERE organization_id IS NULL;
ALTER TABLE runs ALTER COLUMN organization_id SET NOT NULL;
