package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Vitals reads what is wrong, due or used, each from an index: it costs what is wrong or due, not what there is.
func (db *DB) Vitals(ctx context.Context, egress string) (storelink.Vitals, error) {
	v := newVitals()
	batch := &pgx.Batch{}
	queueVitals(batch, &v, egress)
	err := db.pool.SendBatch(ctx, batch).Close()
	return v, wrap("read vitals", err)
}

func newVitals() storelink.Vitals {
	return storelink.Vitals{Unsettled: map[string]time.Duration{}, Due: map[storelink.Lane]storelink.Backlog{}}
}

func queueVitals(batch *pgx.Batch, v *storelink.Vitals, egress string) {
	queueDark(batch, v)
	queueUnsettled(batch, v)
	queueBacklog(batch, v)
	queueConsents(batch, v)
	queueBudget(batch, v, egress)
}

// queueDark reads since when stores are dark from their history: the last change of what was observed.
func queueDark(batch *pgx.Batch, v *storelink.Vitals) {
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
func queueUnsettled(batch *pgx.Batch, v *storelink.Vitals) {
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
// nothing. What is due is counted one by one up to a bound; beyond it the planner's estimate has to do, which
// knows no clock but Postgres' own.
func queueBacklog(batch *pgx.Batch, v *storelink.Vitals) {
	batch.Queue(backlog, countedDue+1).Query(func(rows pgx.Rows) error {
		var lane storelink.Lane
		var depth int
		var age float64
		_, err := pgx.ForEachRow(rows, []any{&lane, &depth, &age}, func() error {
			v.Due[lane] = storelink.Backlog{Depth: storelink.Total{Value: depth, Exact: true}, Age: seconds(age)}
			return nil
		})
		return err
	})
	for lane, condition := range laneConditions {
		batch.Queue(`EXPLAIN (FORMAT JSON) SELECT 1 FROM mappings WHERE ` + condition + ` AND wake_at <= now()`).
			QueryRow(func(row pgx.Row) error {
				estimate, err := scanEstimate(row)
				if b := v.Due[lane]; err == nil && b.Depth.Value > countedDue {
					b.Depth = storelink.Total{Value: max(b.Depth.Value, estimate)}
					v.Due[lane] = b
				}
				return err
			})
	}
}

// countedDue is up to how many due mappings of a lane are counted.
const countedDue = 10_000

// laneConditions are those of the indexes that claims go by.
var laneConditions = map[storelink.Lane]string{
	storelink.LaneInteractive: `wake_at IS NOT NULL AND (lane = 'interactive' OR restore_local_id IS NOT NULL)`,
	storelink.LaneBackground:  `wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL`,
	storelink.LaneDrift:       `wake_at IS NOT NULL AND lane = 'drift' AND restore_local_id IS NULL`,
}

var backlog = `
	WITH RECURSIVE clock AS MATERIALIZED (SELECT storelink_now() AS now), turns AS (
		(SELECT organization_id, wake_at FROM mappings
		 WHERE ` + laneConditions[storelink.LaneBackground] + `
		 ORDER BY organization_id, wake_at LIMIT 1)
		UNION ALL
		SELECT n.organization_id, n.wake_at FROM turns t CROSS JOIN LATERAL (
			SELECT organization_id, wake_at FROM mappings
			WHERE ` + laneConditions[storelink.LaneBackground] + ` AND organization_id > t.organization_id
			ORDER BY organization_id, wake_at LIMIT 1) n
	), due AS (
		SELECT organization_id, wake_at FROM turns WHERE wake_at <= (SELECT now FROM clock)
	), depths AS (
		SELECT 'background' AS lane, (SELECT min(wake_at) FROM due) AS oldest, (
			SELECT count(*) FROM (
				SELECT 1 FROM due t CROSS JOIN LATERAL (
					SELECT 1 FROM mappings
					WHERE organization_id = t.organization_id AND wake_at <= (SELECT now FROM clock)
					  AND ` + laneConditions[storelink.LaneBackground] + ` LIMIT $1) m
				LIMIT $1) first) AS depth
		UNION ALL
		SELECT 'interactive', min(wake_at), count(*) FROM (
			SELECT wake_at FROM mappings
			WHERE wake_at <= (SELECT now FROM clock) AND ` + laneConditions[storelink.LaneInteractive] + `
			ORDER BY wake_at, id LIMIT $1) first
		UNION ALL
		SELECT 'drift', min(wake_at), count(*) FROM (
			SELECT wake_at FROM mappings
			WHERE wake_at <= (SELECT now FROM clock) AND ` + laneConditions[storelink.LaneDrift] + `
			ORDER BY wake_at, id LIMIT $1) first
	)
	SELECT lane, depth, COALESCE(EXTRACT(EPOCH FROM now - oldest), 0)::float8 FROM depths, clock`

// queueConsents goes by organization: what counts is whether the last of its grants ends, not the first.
func queueConsents(batch *pgx.Batch, v *storelink.Vitals) {
	batch.Queue(`
		WITH clock AS MATERIALIZED (SELECT storelink_now() AS now), lasting AS (
			SELECT g.organization_id,
			       max(CASE WHEN g.sealed_refresh IS NULL THEN g.expires_at ELSE 'infinity' END) FILTER (WHERE $1 = ANY (g.scopes)) AS until,
			       count(*) FILTER (WHERE g.sealed_refresh IS NOT NULL OR g.expires_at > (SELECT now FROM clock)) AS active
			FROM grants g WHERE g.state = 'active' GROUP BY g.organization_id
		)
		SELECT count(*) FILTER (WHERE COALESCE(until <= now, true)),
		       count(*) FILTER (WHERE until > now AND until <= now + interval '1 day'),
		       count(*) FILTER (WHERE until > now AND until <= now + interval '7 days'),
		       count(*) FILTER (WHERE until > now AND until <= now + interval '30 days'),
		       COALESCE(sum(active), 0)::bigint
		FROM clock, organizations o LEFT JOIN lasting l ON l.organization_id = o.id
		WHERE EXISTS (SELECT 1 FROM mappings m WHERE m.organization_id = o.id)`, storelink.ScopeConnect).
		QueryRow(func(row pgx.Row) error {
			c := &v.Consents
			return row.Scan(&c.Ended, &c.Day, &c.Week, &c.Month, &c.Active)
		})
}

// queueBudget reads of each lane what it took in the stretch of ten seconds that runs, and in as much of the one before as
// makes it ten.
func queueBudget(batch *pgx.Batch, v *storelink.Vitals, egress string) {
	batch.Queue(`
		SELECT GREATEST(0, EXTRACT(EPOCH FROM GREATEST(b.next_slot, b.not_before) - now))::float8,
		       storelink_rate_share(b.slowdown, b.lowered_at, b.not_before, now),
		       (SELECT count(*) FROM token_budgets t, unnest(t.sent) AS at WHERE t.egress = b.egress AND at > now - interval '1 minute'),
		       ARRAY(SELECT CASE WHEN into_it IS NULL OR into_it >= 20 THEN 0
		                         WHEN into_it >= 10 THEN running * (20 - into_it) / 10
		                         WHEN into_it >= 0 THEN running + earlier * (10 - into_it) / 10
		                         ELSE earlier END / 10
		             FROM unnest(b.stretch_slots, b.before_slots) WITH ORDINALITY AS u (running, earlier, place) ORDER BY place)::float8[]
		FROM (SELECT storelink_now() AS now OFFSET 0) clock, budgets b,
		     LATERAL (SELECT EXTRACT(EPOCH FROM now - b.stretch_began)::float8 AS into_it) stretch
		WHERE b.egress = $1`, egress).QueryRow(func(row pgx.Row) error {
		var ahead float64
		var used []float64
		v.Budget.Share = 1
		err := row.Scan(&ahead, &v.Budget.Share, &v.Budget.TokenCalls, &used)
		if errors.Is(err, pgx.ErrNoRows) { // nobody has called from this address yet
			err = nil
		}
		v.Budget.Ahead = seconds(ahead)
		v.Budget.Used = map[storelink.Lane]float64{}
		for i, lane := range storelink.Lanes {
			if i < len(used) {
				v.Budget.Used[lane] = used[i]
			}
		}
		return err
	})
}
