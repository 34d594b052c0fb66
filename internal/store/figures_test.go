package store_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/store"
	"storelink/internal/storetest"
	"storelink/migrations"
)

const scanned = `
	SELECT state, COALESCE(code, ''), restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL, count(*)
	FROM mappings GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

const summed = `
	SELECT state, code, dark, sum(n)::bigint FROM mapping_counts
	WHERE what = 'mappings' GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3`

func kinds(ctx context.Context, t *testing.T, tx pgx.Tx, sql string) []storelink.MappingCount {
	t.Helper()
	rows, err := tx.Query(ctx, sql)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[storelink.MappingCount])
	require.NoError(t, err)
	return found
}

// requireCounted compares the counts with a scan, both as of one moment.
func requireCounted(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	ctx := t.Context()
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		require.Equal(t, kinds(ctx, t, tx, scanned), kinds(ctx, t, tx, summed))
		return nil
	})
	require.NoError(t, err)
}

// hail changes mappings in all ways that there are, some of it in transactions that are rolled back.
func hail(ctx context.Context, pool *pgxpool.Pool, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 0))
	states := []string{"pending", "connected", "disconnected", "failed", "drifted", "conflict", "unmanaged"}
	pick := func() string { return states[random.IntN(len(states))] }
	for range 40 {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		for range 1 + random.IntN(3) {
			switch random.IntN(6) {
			case 0, 1:
				_, err = tx.Exec(ctx, `
					INSERT INTO mappings (id, organization_id, brand_id, store_id, state)
					SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), $2 FROM generate_series(1, $3)`,
					acme, pick(), random.IntN(8))
			case 2:
				_, err = tx.Exec(ctx, `
					UPDATE mappings SET state = $1, code = CASE WHEN random() < 0.5 THEN 'store_not_found' END
					WHERE id IN (SELECT id FROM mappings WHERE random() < 0.2 ORDER BY id FOR UPDATE SKIP LOCKED)`, pick())
			case 3:
				_, err = tx.Exec(ctx, `
					UPDATE mappings SET restore_local_id = CASE WHEN random() < 0.5 THEN 'R' END, observed_at = storelink_now()
					WHERE id IN (SELECT id FROM mappings WHERE random() < 0.2 ORDER BY id FOR UPDATE SKIP LOCKED)`)
			case 4:
				_, err = tx.Exec(ctx, `
					DELETE FROM mappings WHERE id IN (SELECT id FROM mappings WHERE random() < 0.1 ORDER BY id FOR UPDATE SKIP LOCKED)`)
			case 5:
				_, err = tx.Exec(ctx, `
					UPDATE mappings SET attempts = attempts + 1
					WHERE id IN (SELECT id FROM mappings ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED)`)
			}
			if err != nil {
				return err
			}
		}
		if random.IntN(4) == 0 {
			err = tx.Rollback(ctx)
		} else {
			err = tx.Commit(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Whoever writes, and however many add the changes up meanwhile: the counts are those of a scan at any moment.
func TestCountsAreThoseOfAScan(t *testing.T) {
	address := storetest.URL(t)
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), `INSERT INTO organizations (id, name) VALUES ($1, 'Acme')`, acme)
	require.NoError(t, err)

	var writers, folders sync.WaitGroup
	failures := make(chan error, 8)
	for i := range 3 {
		writers.Go(func() { failures <- hail(t.Context(), pool, uint64(i)) })
	}
	done := make(chan struct{})
	for range 2 {
		db, err := store.Open(t.Context(), address, store.Options{})
		require.NoError(t, err)
		t.Cleanup(db.Close)
		folders.Go(func() {
			for {
				select {
				case <-done:
					failures <- nil
					return
				default:
					if err := db.FoldCounts(t.Context()); err != nil {
						failures <- err
						return
					}
				}
			}
		})
	}
	for range 20 {
		requireCounted(t, pool)
	}
	writers.Wait()
	close(done)
	folders.Wait()
	for range 5 {
		require.NoError(t, <-failures)
	}
	requireCounted(t, pool)
	_, err = pool.Exec(t.Context(), `TRUNCATE mappings CASCADE`)
	require.NoError(t, err)
	requireCounted(t, pool)
}

// What is added up leaves one row of a kind and nothing else behind, and no write where nothing changed.
func TestFoldingLeavesOneRowOfAKind(t *testing.T) {
	s := newShelf(t)
	for range 3 {
		s.watched("state", "'connected'")
	}
	s.exec(`UPDATE mappings SET state = 'failed', code = 'store_not_found'`)
	rows := func() (n int, newest string) {
		require.NoError(t, s.conn.QueryRow(t.Context(), `SELECT count(*), max(xmin::text::bigint)::text FROM mapping_counts`).Scan(&n, &newest))
		return n, newest
	}
	n, _ := rows()
	require.Equal(t, 3+3*2, n)
	require.NoError(t, s.FoldCounts(t.Context()))
	n, newest := rows()
	require.Equal(t, 1, n, "three that failed; of those that were connected there is none")
	require.NoError(t, s.FoldCounts(t.Context()))
	_, again := rows()
	require.Equal(t, newest, again)
	stats, err := s.Figures(store.FiguresOptions{}).Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, storelink.MappingCounts{{State: "failed", Code: "store_not_found", Count: 3}}, stats.Counts)
}

// setClock stops the database's clock.
func (s *shelf) setClock(at string) {
	s.t.Helper()
	s.exec(`CREATE OR REPLACE FUNCTION storelink_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT timestamptz ''` + at + `'''`)
}

func TestStatsHistoryOverTheTurnOfDays(t *testing.T) {
	s := newShelf(t)
	figures := s.Figures(store.FiguresOptions{})
	history := func(days int) storelink.StatsHistory {
		h, err := figures.StatsHistory(t.Context(), days)
		require.NoError(t, err)
		return h
	}
	require.Len(t, history(30).Days, 1, "what was before the first day is not known")
	s.exec(`UPDATE mapping_counts_daily SET day = '2026-03-01' WHERE what = 'began'`)

	s.setClock("2026-03-01 23:59:59Z")
	one, two := s.watched("state", "'pending'"), s.watched("state", "'pending'")
	s.exec(`UPDATE mappings SET state = 'connected', generation = 1, settled_generation = 1`)
	s.setClock("2026-03-02 00:00:01Z")
	s.exec(`UPDATE mappings SET state = 'drifted' WHERE id = $1`, one)
	s.exec(`UPDATE mappings SET heals = 1, heals_since = storelink_now() WHERE id = $1`, two)
	require.NoError(t, s.FoldCounts(t.Context()))
	s.exec(`UPDATE mappings SET state = 'connected', heals = 1, heals_since = storelink_now() WHERE id = $1`, one)
	s.setClock("2026-03-04 12:00:00Z")
	s.exec(`UPDATE mappings SET restore_local_id = 'K', observed_at = storelink_now() WHERE id = $1`, two)

	day := func(date string) time.Time {
		at, err := time.Parse(time.DateOnly, date)
		require.NoError(t, err)
		return at
	}
	connected := storelink.MappingCounts{{State: "connected", Count: 2}}
	none := storelink.MappingCounts{}
	want := []storelink.StatsDay{
		{Day: day("2026-03-01"), Counts: connected, Settled: connected},
		{Day: day("2026-03-02"), Counts: connected, Settled: none, Found: 2, Healed: 2},
		{Day: day("2026-03-03"), Counts: connected, Settled: none},
		{Day: day("2026-03-04"), Settled: none, Counts: storelink.MappingCounts{
			{State: "connected", Count: 1}, {State: "connected", Dark: true, Count: 1},
		}},
	}
	require.Equal(t, want, history(30).Days)
	require.NoError(t, s.FoldCounts(t.Context()))
	require.Equal(t, want, history(4).Days, "whether or not the changes are added up")
	require.Equal(t, want[2:], history(2).Days)
	require.Equal(t, want[3:], history(1).Days)

	s.setClock("2027-03-03 12:00:00Z")
	require.NoError(t, s.SweepCounts(t.Context()))
	long := history(storelink.MaxStatsDays)
	require.Len(t, long.Days, storelink.MaxStatsDays)
	require.Equal(t, want[3].Counts, long.Days[1].Counts, "what nobody can ask for is not needed for the rest")
	require.Equal(t, connected, long.Days[0].Counts)
}

// Mappings that were there before the counts are counted by the migration.
func TestCountsBeginWithWhatIsThere(t *testing.T) {
	address := storetest.URL(t)
	const before = 9
	require.NoError(t, store.MigrateDown(address, int(migrations.Newest())-before))
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `
		INSERT INTO organizations (id, name) VALUES ('`+acme+`', 'Acme');
		INSERT INTO mappings (id, organization_id, brand_id, store_id, state, code)
		SELECT gen_random_uuid(), '`+acme+`', gen_random_uuid(), gen_random_uuid(), 'failed', 'scope_missing' FROM generate_series(1, 7)`)
	require.NoError(t, err)
	require.NoError(t, store.Migrate(address))
	db, err := store.Open(t.Context(), address, store.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	figures := db.Figures(store.FiguresOptions{})
	want := storelink.MappingCounts{{State: "failed", Code: "scope_missing", Count: 7}}
	stats, err := figures.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, stats.Counts)
	h, err := figures.StatsHistory(t.Context(), 30)
	require.NoError(t, err)
	require.Len(t, h.Days, 1)
	require.Equal(t, want, h.Days[0].Counts)

	_, err = conn.Exec(t.Context(), `ALTER TABLE mappings DISABLE TRIGGER USER; DELETE FROM mappings; ALTER TABLE mappings ENABLE TRIGGER USER;
		SELECT storelink_recount_mappings()`)
	require.NoError(t, err)
	stats, err = figures.Stats(t.Context())
	require.NoError(t, err)
	require.Empty(t, stats.Counts, "rows that went past the triggers are counted anew")
}

// A work list that is too long to be counted is estimated, and says so.
func TestLongWorkListsAreEstimated(t *testing.T) {
	s := newShelf(t)
	s.exec(`
		INSERT INTO mappings (id, organization_id, brand_id, store_id, state, lane, due_at, due_for)
		SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), 'connected', 'drift', storelink_now() - interval '1 hour', 'drift'
		FROM generate_series(1, 10001)`, acme)
	s.exec(`ANALYZE mappings`)
	v, err := s.Vitals(t.Context(), "default")
	require.NoError(t, err)
	require.False(t, v.Due[storelink.LaneDrift].Depth.Exact)
	require.InDelta(t, 10_001, v.Due[storelink.LaneDrift].Depth.Value, 1000)
	near(t, time.Hour, v.Due[storelink.LaneDrift].Age)
	require.Equal(t, storelink.Total{Exact: true}, v.Due[storelink.LaneInteractive].Depth)
}
