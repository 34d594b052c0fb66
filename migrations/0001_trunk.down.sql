DROP TABLE token_budgets, budgets, idempotency_keys, mapping_events, run_items, mappings, runs, snapshots,
    remote_stores, brands, signins, sessions, grants, organizations;
DROP FUNCTION storelink_outcome_once();
DROP FUNCTION storelink_now();
