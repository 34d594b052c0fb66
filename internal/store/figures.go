package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"storelink"
)

// Figures reads the state of things as the database knows it.
type Figures struct {
	db *DB
	o  FiguresOptions
}

// FiguresOptions say what belongs to the deployment.
type FiguresOptions struct {
	Egress        string        // whose budget is shown
	Rate          float64       // its calls a second; 0 or less: no limit
	DriftInterval time.Duration // the goal of looks for drift; 0: there are none
}

// Figures returns the figures of a deployment.
func (db *DB) Figures(o FiguresOptions) *Figures { return &Figures{db: db, o: o} }

// Collectors show the pools and the state of things.
func (f *Figures) Collectors() []prometheus.Collector {
	return []prometheus.Collector{poolCollector{f.db}, &vitalsCollector{figures: f}}
}

// Stats returns the state of things now. What it costs goes by what is wrong or due, and by the organizations.
func (f *Figures) Stats(ctx context.Context) (storelink.Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, adminQuery)
	defer cancel()
	return f.read(ctx, f.db.admin)
}

// read asks all of it in one go.
func (f *Figures) read(ctx context.Context, pool limitedPool) (storelink.Stats, error) {
	s := storelink.Stats{Vitals: newVitals()}
	batch := &pgx.Batch{}
	queueCounts(batch, &s)
	queueVitals(batch, &s.Vitals, f.o.Egress)
	if err := pool.SendBatch(ctx, batch).Close(); err != nil {
		return s, wrap("read stats", err)
	}
	s.Budget.Limit = max(0, f.o.Rate)
	slots := s.Budget.Limit * s.Budget.Share / (1 + maxJitter.Seconds())
	s.Drift = storelink.PaceOf(s.Counts.LookedAt(), f.o.DriftInterval, slots)
	return s, nil
}

// queueCounts adds up the changes, those of the last second as well.
func queueCounts(batch *pgx.Batch, s *storelink.Stats) {
	batch.Queue(`SELECT storelink_now()`).QueryRow(func(row pgx.Row) error { return row.Scan(&s.AsOf) })
	batch.Queue(countsNow).Query(func(rows pgx.Rows) error {
		var err error
		s.Counts, err = pgx.CollectRows(rows, scanCount)
		return err
	})
}

const countsNow = `
	SELECT state, code, dark, sum(n)::bigint FROM mapping_counts
	WHERE what = 'mappings' GROUP BY state, code, dark HAVING sum(n) <> 0 ORDER BY state, code, dark`

func scanCount(row pgx.CollectableRow) (storelink.MappingCount, error) {
	var c storelink.MappingCount
	err := row.Scan(&c.State, &c.Code, &c.Dark, &c.Count)
	return c, err
}

// StatsHistory returns the last so many days, today last. It begins with the first day that is known.
func (f *Figures) StatsHistory(ctx context.Context, days int) (storelink.StatsHistory, error) {
	rows, err := f.db.admin.Query(ctx, `
		WITH span AS MATERIALIZED (
			SELECT storelink_now() AS now, GREATEST(storelink_today() - ($1::int - 1), min(day)) AS first
			FROM mapping_counts_daily WHERE what = 'began'
		), changes AS (
			SELECT day, what, state, code, dark, n FROM mapping_counts_daily
			WHERE what <> 'began' AND day >= (SELECT first FROM span)
			UNION ALL
			SELECT day, what, state, code, dark, n FROM mapping_counts WHERE day >= (SELECT first FROM span)
		)
		SELECT now, first, NULL::date, 'mappings', state, code, dark, sum(n)::bigint
		FROM span LEFT JOIN mapping_counts ON what = 'mappings' GROUP BY now, first, state, code, dark
		UNION ALL
		SELECT now, first, day, what, state, code, dark, sum(n)::bigint
		FROM span, changes GROUP BY now, first, day, what, state, code, dark`, days)
	if err != nil {
		return storelink.StatsHistory{}, wrap("read history of stats", err)
	}
	ledger := newDayLedger()
	if _, err = pgx.CollectRows(rows, ledger.scan); err != nil {
		return storelink.StatsHistory{}, wrap("read history of stats", err)
	}
	return ledger.history(), nil
}

// FoldCounts adds up the changes of the counts, where no other replica does at this moment.
func (db *DB) FoldCounts(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, publicQuery)
	defer cancel()
	_, err := db.pool.Exec(ctx, foldCounts)
	return wrap("fold counts", err)
}

// Two that fold at once would both be right, since each takes away what it adds up and nothing else; the lock saves the
// second one the wait. Without a change nothing is written.
var foldCounts = fmt.Sprintf(`
	WITH turn AS MATERIALIZED (
		SELECT EXISTS (SELECT 1 FROM mapping_counts WHERE day IS NOT NULL) AND pg_try_advisory_xact_lock(%d) AS mine
	), gone AS (
		DELETE FROM mapping_counts WHERE (SELECT mine FROM turn) RETURNING day, what, state, code, dark, n
	), kept AS (
		INSERT INTO mapping_counts (what, state, code, dark, n)
		SELECT what, state, code, dark, sum(n) FROM gone
		WHERE what = 'mappings' GROUP BY what, state, code, dark HAVING sum(n) <> 0
	)
	INSERT INTO mapping_counts_daily AS d (day, what, state, code, dark, n)
	SELECT day, what, state, code, dark, sum(n) FROM gone
	WHERE day IS NOT NULL GROUP BY day, what, state, code, dark HAVING sum(n) <> 0
	ON CONFLICT (day, what, state, code, dark) DO UPDATE SET n = d.n + EXCLUDED.n`, foldLock)

// foldLock is the key of the advisory lock of those who fold.
const foldLock = 0x5e1f01d

// SweepCounts forgets the days that nobody can ask for any more.
func (db *DB) SweepCounts(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `
		DELETE FROM mapping_counts_daily WHERE what <> 'began' AND day < storelink_today() - $1::int`, storelink.MaxStatsDays)
	return wrap("sweep counts", err)
}
