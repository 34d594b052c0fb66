DROP INDEX signins_served;
DROP FUNCTION storelink_rate_share(double precision, timestamptz, timestamptz, timestamptz);
ALTER TABLE budgets
    DROP COLUMN last_throttled_at,
    DROP COLUMN last_throttled_store,
    DROP COLUMN not_before,
    DROP COLUMN lowered_at,
    DROP COLUMN slowdown,
    DROP COLUMN last_slot;
