package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Vitals is what the database knows of the state of things at one moment.
type Vitals struct {
	Dark      int64
	DarkSince time.Duration            // how long the store that is dark longest has been; 0: none is
	Unsettled map[string]time.Duration // age of the oldest ask, by what it waits for; without: none
	Due       map[string]Backlog       // by lane
	Consents  Consents
	Budget    BudgetState
}

// Backlog is the part of a lane's work list that is due, what is being worked on included.
type Backlog struct {
	Depth int64
	Age   time.Duration // how long the oldest has been due
}

// Consents count organizations that have mappings, by how long their longest lasting grant that may connect stores
// still lasts. One that can be refreshed lasts.
type Consents struct {
	Ended  int64 // none is left
	Day    int64 // ends within a day, and so on: each counts those before
	Week   int64
	Month  int64
	Active int64 // grants of all organizations that work
}

// BudgetState is an egress address's share of upstream's limits.
type BudgetState struct {
	Ahead      time.Duration // for how long every slot is booked
	Share      float64       // of the full rate, lowered after a 429
	TokenCalls int64         // to the token endpoint in the last minute
}

// Vitals reads them, each from an index: they cost what is wrong or due, not what there is.
func (db *DB) Vitals(ctx context.Context, egress string) (Vitals, error) {
	v := Vitals{Unsettled: map[string]time.Duration{}, Due: map[string]Backlog{}}
	batch := &pgx.Batch{}
	queueDark(batch, &v)
	queueUnsettled(batch, &v)
	queueBacklog(batch, &v)
	queueConsents(batch, &v)
	queueBudget(batch, &v, egress)
	err := db.pool.SendBatch(ctx, batch).Close()
	return v, wrap("read vitals", err)
}

// CountMappings counts by state, over the index of states alone as long as the table is vacuumed. It reads all of that
// index: with a million mappings it takes about a second.
func (db *DB) CountMappings(ctx context.Context) (map[string]int64, error) {
	rows, err := db.pool.Query(ctx, `SELECT state, count(*) FROM mappings GROUP BY state`)
	if err != nil {
		return nil, wrap("count mappings", err)
	}
	counts := map[string]int64{}
	var state string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		return nil
	})
	return counts, wrap("count mappings", err)
}

// queueDark reads since when stores are dark from their history: the last change of what was observed.
func queueDark(batch *pgx.Batch, v *Vitals) {
	batch.Queue(`
		SELECT count(*), COALESCE(EXTRACT(EPOCH FROM storelink_now() - min(e.at)), 0)::float8
		FROM mappings m LEFT JOIN LATERAL (
			SELECT at FROM mapping_events
			WHERE mapping_id = m.id AND kind = 'observed' ORDER BY mapping_id DESC, id DESC LIMIT 1) e ON true
		WHERE m.restore_local_id IS NOT NULL AND m.observed_local_id IS NULL AND m.observed_at IS NOT NULL`).
		QueryRow(func(row pgx.Row) error {
			var since float64
			err := row.Scan(&v.Dark, &since)
			v.DarkSince = seconds(since)
			return err
		})
}

// queueUnsettled goes by the runs that are open. The first item of a run that has no outcome stands for all of the run:
// they are one organization's, so that what one waits for the others wait for, too.
func queueUnsettled(batch *pgx.Batch, v *Vitals) {
	batch.Queue(`
		SELECT COALESCE(i.waiting_for, 'nothing'), EXTRACT(EPOCH FROM storelink_now() - min(r.created_at))::float8
		FROM runs r CROSS JOIN LATERAL (
			SELECT m.waiting_for FROM run_items i JOIN mappings m ON m.id = i.mapping_id
			WHERE i.run_id = r.id AND COALESCE(i.outcome, 'pending') = 'pending' ORDER BY i.number LIMIT 1) i
		WHERE r.ended_at IS NULL GROUP BY 1`).Query(func(rows pgx.Rows) error {
		var waitsFor string
		var age float64
		_, err := pgx.ForEachRow(rows, []any{&waitsFor, &age}, func() error {
			v.Unsettled[waitsFor] = seconds(age)
			return nil
		})
		return err
	})
}

// queueBacklog steps from organization to organization in the background, as a claim does: what is not due yet costs
// nothing.
func queueBacklog(batch *pgx.Batch, v *Vitals) {
	batch.Queue(`
		WITH RECURSIVE turns AS (
			(SELECT organization_id FROM mappings
			 WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL
			 ORDER BY organization_id, wake_at LIMIT 1)
			UNION ALL
			SELECT n.organization_id FROM turns t CROSS JOIN LATERAL (
				SELECT organization_id FROM mappings
				WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL AND organization_id > t.organization_id
				ORDER BY organization_id, wake_at LIMIT 1) n
		), background AS (
			SELECT d.n, d.oldest FROM turns t CROSS JOIN LATERAL (
				SELECT count(*) AS n, min(wake_at) AS oldest FROM mappings
				WHERE organization_id = t.organization_id AND wake_at <= (SELECT storelink_now())
				  AND wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL) d
		)
		SELECT 'background', COALESCE(sum(n), 0)::bigint, COALESCE(EXTRACT(EPOCH FROM storelink_now() - min(oldest)), 0)::float8
		FROM background
		UNION ALL
		SELECT 'interactive', count(*), COALESCE(EXTRACT(EPOCH FROM storelink_now() - min(wake_at)), 0)::float8
		FROM mappings
		WHERE wake_at <= (SELECT storelink_now()) AND wake_at IS NOT NULL AND (lane = 'interactive' OR restore_local_id IS NOT NULL)
		UNION ALL
		SELECT 'drift', count(*), COALESCE(EXTRACT(EPOCH FROM storelink_now() - min(wake_at)), 0)::float8
		FROM mappings
		WHERE wake_at <= (SELECT storelink_now()) AND wake_at IS NOT NULL AND lane = 'drift' AND restore_local_id IS NULL`).
		Query(func(rows pgx.Rows) error {
			var lane string
			var depth int64
			var age float64
			_, err := pgx.ForEachRow(rows, []any{&lane, &depth, &age}, func() error {
				v.Due[lane] = Backlog{Depth: depth, Age: seconds(age)}
				return nil
			})
			return err
		})
}

// queueConsents looks at organizations one by one: what counts is whether the last of their grants ends, not the first.
func queueConsents(batch *pgx.Batch, v *Vitals) {
	batch.Queue(`
		SELECT count(*) FILTER (WHERE COALESCE(g.lasts <= interval '0', true)),
		       count(*) FILTER (WHERE g.lasts > interval '0' AND g.lasts <= interval '1 day'),
		       count(*) FILTER (WHERE g.lasts > interval '0' AND g.lasts <= interval '7 days'),
		       count(*) FILTER (WHERE g.lasts > interval '0' AND g.lasts <= interval '30 days'),
		       COALESCE(sum(g.active), 0)::bigint
		FROM organizations o CROSS JOIN LATERAL (
			SELECT max(CASE WHEN g.sealed_refresh IS NULL THEN g.expires_at - storelink_now() ELSE interval '100 years' END)
			       FILTER (WHERE $1 = ANY (g.scopes)) AS lasts,
			       count(*) FILTER (WHERE NOT `+spent+`) AS active
			FROM grants g WHERE g.organization_id = o.id AND g.state = 'active') g
		WHERE EXISTS (SELECT 1 FROM mappings m WHERE m.organization_id = o.id)`, storelink.ScopeConnect).
		QueryRow(func(row pgx.Row) error {
			c := &v.Consents
			return row.Scan(&c.Ended, &c.Day, &c.Week, &c.Month, &c.Active)
		})
}

func queueBudget(batch *pgx.Batch, v *Vitals, egress string) {
	batch.Queue(`
		SELECT GREATEST(0, EXTRACT(EPOCH FROM GREATEST(b.next_slot, b.not_before) - storelink_now()))::float8,
		       storelink_rate_share(b.slowdown, b.lowered_at, b.not_before, storelink_now()),
		       (SELECT count(*) FROM token_budgets t, unnest(t.sent) AS at
		        WHERE t.egress = b.egress AND at > storelink_now() - interval '1 minute')
		FROM budgets b WHERE b.egress = $1`, egress).QueryRow(func(row pgx.Row) error {
		var ahead float64
		err := row.Scan(&ahead, &v.Budget.Share, &v.Budget.TokenCalls)
		v.Budget.Ahead = seconds(ahead)
		return err
	})
}
