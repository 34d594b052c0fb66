ALTER TABLE budgets
    -- The slot given last; written beside next_slot so that a booking learns its own.
    ADD COLUMN last_slot            timestamptz,
    -- By what factor calls were spread when the rate was lowered last, and since when it climbs back.
    ADD COLUMN slowdown             double precision NOT NULL DEFAULT 1 CHECK (slowdown >= 1),
    ADD COLUMN lowered_at           timestamptz,
    -- Upstream asked for silence until then.
    ADD COLUMN not_before           timestamptz,
    -- The store whose call got a 429 last ('' for a call of the whole organization): a second one soon after means everybody.
    ADD COLUMN last_throttled_store text,
    ADD COLUMN last_throttled_at    timestamptz;

-- The share of the full rate that may be used at a time: a twentieth of the full rate comes back each second.
CREATE FUNCTION storelink_rate_share(slowdown double precision, lowered_at timestamptz, not_before timestamptz, at timestamptz)
    RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT LEAST(1, 1 / slowdown + 0.05 * GREATEST(0, EXTRACT(EPOCH FROM at - GREATEST(lowered_at, not_before))::float8))
$$;

-- Whose sign-ins had their turn lately.
CREATE INDEX signins_served ON signins (consumed_at) WHERE sealed_code IS NULL;
