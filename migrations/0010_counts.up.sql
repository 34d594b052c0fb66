-- How many mappings there are of each kind, as changes that are only ever added: no writer waits for another's. Their sum
-- is the count, at any moment. Every second one replica adds them up into one row of a kind, which has no day any more.
CREATE TABLE mapping_counts (
    day   date, -- of the change, UTC; NULL: those that are added up already
    what  text NOT NULL CHECK (what IN ('mappings', 'settled', 'found', 'healed')),
    state text NOT NULL,
    code  text NOT NULL DEFAULT '',
    dark  boolean NOT NULL DEFAULT false,
    n     bigint NOT NULL
) WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 2000);

-- The same by day: by how much each kind grew that day. What there was at a day's end is what there is now, without the
-- changes since then. The first day that is known in full is that of the row 'began'.
CREATE TABLE mapping_counts_daily (
    day   date NOT NULL,
    what  text NOT NULL CHECK (what IN ('began', 'mappings', 'settled', 'found', 'healed')),
    state text NOT NULL,
    code  text NOT NULL,
    dark  boolean NOT NULL,
    n     bigint NOT NULL,
    PRIMARY KEY (day, what, state, code, dark)
);

CREATE FUNCTION storelink_today() RETURNS date LANGUAGE sql VOLATILE AS
    $$ SELECT (storelink_now() AT TIME ZONE 'UTC')::date $$;

CREATE FUNCTION storelink_count_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mapping_counts (day, what, state, code, dark, n)
    SELECT storelink_today(), 'mappings', c.state, c.code, c.dark, c.n FROM (
        SELECT state, COALESCE(code, '') AS code,
               restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL AS dark, count(*) AS n
        FROM changed GROUP BY 1, 2, 3) c;
    RETURN NULL;
END $$;

CREATE FUNCTION storelink_count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mapping_counts (day, what, state, code, dark, n)
    SELECT storelink_today(), 'mappings', c.state, c.code, c.dark, -c.n FROM (
        SELECT state, COALESCE(code, '') AS code,
               restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL AS dark, count(*) AS n
        FROM changed GROUP BY 1, 2, 3) c;
    RETURN NULL;
END $$;

CREATE FUNCTION storelink_count_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mapping_counts (day, what, state, code, dark, n)
    SELECT storelink_today(), what, state, code, dark, -sum(n) FROM mapping_counts
    WHERE what = 'mappings' GROUP BY what, state, code, dark HAVING sum(n) <> 0;
    RETURN NULL;
END $$;

-- A mapping of another kind than before, an ask that was settled, a look that found a change at upstream or put it right.
-- What was found once is not found again by the look that puts it right.
CREATE FUNCTION storelink_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today    date := storelink_today();
    was_dark boolean := OLD.restore_local_id IS NOT NULL AND OLD.observed_local_id IS NULL AND OLD.observed_at IS NOT NULL;
    is_dark  boolean := NEW.restore_local_id IS NOT NULL AND NEW.observed_local_id IS NULL AND NEW.observed_at IS NOT NULL;
    healed   boolean := (NEW.heals, NEW.heals_since) IS DISTINCT FROM (OLD.heals, OLD.heals_since) AND NEW.heals > 0;
BEGIN
    IF (OLD.state, OLD.code, was_dark) IS DISTINCT FROM (NEW.state, NEW.code, is_dark) THEN
        INSERT INTO mapping_counts (day, what, state, code, dark, n) VALUES
            (today, 'mappings', OLD.state, COALESCE(OLD.code, ''), was_dark, -1),
            (today, 'mappings', NEW.state, COALESCE(NEW.code, ''), is_dark, 1);
    END IF;
    IF NEW.settled_generation > OLD.settled_generation THEN
        INSERT INTO mapping_counts (day, what, state, code, n) VALUES (today, 'settled', NEW.state, COALESCE(NEW.code, ''), 1);
    END IF;
    IF OLD.state <> 'drifted' AND (healed OR NEW.state = 'drifted') THEN
        INSERT INTO mapping_counts (day, what, state, n) VALUES (today, 'found', NEW.state, 1);
    END IF;
    IF healed THEN
        INSERT INTO mapping_counts (day, what, state, n) VALUES (today, 'healed', NEW.state, 1);
    END IF;
    RETURN NULL;
END $$;

-- Claims, leases and intents change nothing of this, and cost the comparison alone.
CREATE TRIGGER mappings_count_change AFTER UPDATE ON mappings FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.code IS DISTINCT FROM NEW.code OR OLD.settled_generation <> NEW.settled_generation
          OR OLD.heals <> NEW.heals OR OLD.heals_since IS DISTINCT FROM NEW.heals_since
          OR (OLD.restore_local_id IS NOT NULL AND OLD.observed_local_id IS NULL AND OLD.observed_at IS NOT NULL)
          <> (NEW.restore_local_id IS NOT NULL AND NEW.observed_local_id IS NULL AND NEW.observed_at IS NOT NULL))
    EXECUTE FUNCTION storelink_count_change();
CREATE TRIGGER mappings_count_made AFTER INSERT ON mappings REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION storelink_count_made();
CREATE TRIGGER mappings_count_gone AFTER DELETE ON mappings REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION storelink_count_gone();
CREATE TRIGGER mappings_count_truncated AFTER TRUNCATE ON mappings
    FOR EACH STATEMENT EXECUTE FUNCTION storelink_count_truncated();

-- Counts them anew, where rows were loaded past the triggers. History keeps the days before today; all of the
-- difference is today's. Writers wait.
CREATE FUNCTION storelink_recount_mappings() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE mappings IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO mapping_counts (day, what, state, code, dark, n)
    SELECT storelink_today(), 'mappings', d.state, d.code, d.dark, sum(d.n) FROM (
        SELECT state, COALESCE(code, '') AS code,
               restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL AS dark, count(*) AS n
        FROM mappings GROUP BY 1, 2, 3
        UNION ALL
        SELECT state, code, dark, -n FROM mapping_counts WHERE what = 'mappings') d
    GROUP BY d.state, d.code, d.dark HAVING sum(d.n) <> 0;
END $$;

-- The triggers' lock holds writers off until this is committed.
SELECT storelink_recount_mappings();
UPDATE mapping_counts SET day = NULL;
INSERT INTO mapping_counts_daily (day, what, state, code, dark, n) VALUES (storelink_today(), 'began', '', '', false, 0);

-- Slots of the budget by lane, in the running stretch of ten seconds and in the one before.
ALTER TABLE budgets
    ADD COLUMN stretch_began timestamptz,
    ADD COLUMN stretch_slots integer[] NOT NULL DEFAULT '{0,0,0}',
    ADD COLUMN before_slots  integer[] NOT NULL DEFAULT '{0,0,0}';
