package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"storelink"
)

// querier is what a read needs: a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// countOutcome returns the assignments that move n items of a run from pending to the outcome, both given as SQL. The
// run's row is locked last, and briefly.
func countOutcome(outcome, n string) string {
	return strings.NewReplacer("$outcome", outcome, "$n", n).Replace(`
		version      = version + 1,
		connected    = connected    + CASE WHEN $outcome = 'connected'    THEN $n ELSE 0 END,
		replaced     = replaced     + CASE WHEN $outcome = 'replaced'     THEN $n ELSE 0 END,
		unchanged    = unchanged    + CASE WHEN $outcome = 'unchanged'    THEN $n ELSE 0 END,
		disconnected = disconnected + CASE WHEN $outcome = 'disconnected' THEN $n ELSE 0 END,
		conflict     = conflict     + CASE WHEN $outcome = 'conflict'     THEN $n ELSE 0 END,
		superseded   = superseded   + CASE WHEN $outcome = 'superseded'   THEN $n ELSE 0 END,
		cancelled    = cancelled    + CASE WHEN $outcome = 'cancelled'    THEN $n ELSE 0 END,
		failed       = failed       + CASE WHEN $outcome = 'failed'       THEN $n ELSE 0 END,
		pending      = pending - $n,
		ended_at     = CASE WHEN pending = $n THEN storelink_now() END`)
}

var countOutcomes = `UPDATE runs SET ` + countOutcome("$2", "$3") + ` WHERE id = $1`

var stampItems = `
	WITH counted AS (` + countOutcomes + ` RETURNING version)
	UPDATE run_items SET version = counted.version
	FROM counted WHERE run_id = $1 AND number = ANY ($4)`

func countSuperseded(ctx context.Context, tx pgx.Tx, superseded map[string][]int) error {
	for _, runID := range slices.Sorted(maps.Keys(superseded)) {
		numbers := superseded[runID]
		if _, err := tx.Exec(ctx, stampItems, runID, storelink.OutcomeSuperseded, len(numbers), numbers); err != nil {
			return wrap("count superseded items", err)
		}
		if err := notify(ctx, tx, runChannel, runID); err != nil {
			return err
		}
	}
	return nil
}

// A run waits where every item that is still pending waits. Most runs do not, and the first item that goes on says so.
const selectRuns = `
	SELECT r.id, COALESCE(r.organization_id::text, ''), COALESCE(o.name, ''), r.created_at, r.ended_at, r.actor, r.total, r.version,
		r.connected, r.replaced, r.unchanged, r.disconnected, r.conflict, r.superseded, r.cancelled, r.failed, r.pending,
		s.waits, COALESCE(w.waiting_for, ''), w.since
	FROM runs r
	LEFT JOIN organizations o ON o.id = r.organization_id
	CROSS JOIN LATERAL (
		SELECT r.ended_at IS NULL AND NOT EXISTS (
			SELECT 1 FROM run_items i JOIN mappings m ON m.id = i.mapping_id
			WHERE i.run_id = r.id AND COALESCE(i.outcome, 'pending') = 'pending' AND m.state <> 'waiting'
		) AS waits OFFSET 0
	) s
	LEFT JOIN LATERAL (
		SELECT min(m.waiting_for) AS waiting_for, min(m.waiting_since) AS since
		FROM run_items i JOIN mappings m ON m.id = i.mapping_id
		WHERE s.waits AND i.run_id = r.id AND COALESCE(i.outcome, 'pending') = 'pending'
	) w ON true`

// FindRun returns a run of the organization; any organization's where organizationID is empty. Another organization's
// run is storelink.ErrNotFound.
func (db *DB) FindRun(ctx context.Context, organizationID, runID string) (storelink.Run, error) {
	rows, err := db.pool.Query(ctx, selectRuns+`
		WHERE r.id = $1 AND (NULLIF($2, '') IS NULL OR r.organization_id::text = $2)`, runID, organizationID)
	if err != nil {
		return storelink.Run{}, wrap("find run", err)
	}
	run, err := pgx.CollectExactlyOneRow(rows, scanRun)
	return run, wrap("find run", err)
}

// FindRuns returns the organization's runs, newest first.
func (db *DB) FindRuns(ctx context.Context, organizationID string, page storelink.Page) (storelink.List[storelink.Run], error) {
	list := storelink.List[storelink.Run]{AsOf: time.Now().UTC()}
	after := ""
	if len(page.After) > 0 {
		after = page.After[0]
	}
	rows, err := db.pool.Query(ctx, selectRuns+`
		WHERE r.organization_id = $1 AND ($2 = '' OR r.id < NULLIF($2, '')::uuid)
		ORDER BY r.id DESC LIMIT $3`, organizationID, after, page.Limit+1)
	if err != nil {
		return list, wrap("find runs", err)
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return list, wrap("find runs", err)
	}
	list.Items, list.Next = cut(runs, page.Limit, func(r storelink.Run) []string { return []string{r.ID} })
	return list, nil
}

// FindAllRuns returns runs of all organizations, newest first.
func (db *DB) FindAllRuns(ctx context.Context, f storelink.RunFilter) (storelink.List[storelink.Run], error) {
	list := storelink.List[storelink.Run]{AsOf: time.Now().UTC()}
	conditions, args := []string{"true"}, []any{f.Page.Limit + 1}
	add := func(condition, arg string) {
		args = append(args, arg)
		conditions = append(conditions, condition+" $"+strconv.Itoa(len(args))+"::uuid")
	}
	if f.OrganizationID != "" {
		add("r.organization_id =", f.OrganizationID)
	}
	if len(f.Page.After) > 0 {
		add("r.id <", f.Page.After[0])
	}
	switch f.State {
	case storelink.RunDone:
		conditions = append(conditions, "r.ended_at IS NOT NULL")
	case storelink.RunWaiting:
		conditions = append(conditions, "r.ended_at IS NULL AND s.waits")
	case storelink.RunRunning:
		conditions = append(conditions, "r.ended_at IS NULL AND NOT s.waits")
	}
	rows, err := db.admin.Query(ctx, selectRuns+` WHERE `+strings.Join(conditions, " AND ")+` ORDER BY r.id DESC LIMIT $1`, args...)
	if err != nil {
		return list, wrap("find all runs", err)
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return list, wrap("find all runs", err)
	}
	list.Items, list.Next = cut(runs, f.Page.Limit, func(r storelink.Run) []string { return []string{r.ID} })
	return list, nil
}

func scanRun(row pgx.CollectableRow) (storelink.Run, error) {
	var r storelink.Run
	var waits bool
	c := &r.Counts
	err := row.Scan(&r.ID, &r.Organization.ID, &r.Organization.Name, &r.CreatedAt, &r.EndedAt, &r.Actor, &r.Total, &r.Version,
		&c.Connected, &c.Replaced, &c.Unchanged, &c.Disconnected, &c.Conflict, &c.Superseded, &c.Cancelled, &c.Failed, &c.Pending,
		&waits, &r.WaitingFor, &r.WaitingSince)
	switch {
	case r.EndedAt != nil:
		r.State = storelink.RunDone
	case waits:
		r.State = storelink.RunWaiting
	default:
		r.State, r.WaitingFor, r.WaitingSince = storelink.RunRunning, "", nil
	}
	return r, err
}

// FindItems returns items of a run in the order of the request.
func (db *DB) FindItems(ctx context.Context, runID string, f storelink.ItemFilter) (storelink.List[storelink.Item], error) {
	list := storelink.List[storelink.Item]{AsOf: time.Now().UTC()}
	after := -1
	if len(f.Page.After) > 0 {
		n, err := strconv.Atoi(f.Page.After[0])
		if err != nil {
			return list, storelink.Errorf(storelink.ErrInvalid, "the cursor cannot be read")
		}
		after = n
	}
	where, args := `i.run_id = $1 AND i.number > $2`, []any{runID, after, f.Page.Limit + 1}
	if f.Outcome != "" {
		where, args = where+` AND COALESCE(i.outcome, 'pending') = $4`, append(args, f.Outcome)
	}
	items, err := db.findItems(ctx, selectItems+` WHERE `+where+` ORDER BY i.number LIMIT $3`, args...)
	if err != nil {
		return list, err
	}
	list.Items, list.Next = cut(items, f.Page.Limit, func(i storelink.Item) []string { return []string{strconv.Itoa(i.Number)} })
	return list, nil
}

// ChangedItems returns at most limit items of a run that changed after the mark and up to a version of the run, in the
// order of their changes.
func (db *DB) ChangedItems(ctx context.Context, runID string, after storelink.ItemMark, upTo int64, limit int) ([]storelink.Item, error) {
	return db.findItems(ctx, selectItems+`
		WHERE i.run_id = $1 AND (i.version, i.number) > ($2, $3) AND i.version <= $4
		ORDER BY i.version, i.number LIMIT $5`, runID, after.Version, after.Number, upTo, limit)
}

const selectItems = `
	SELECT i.number, i.version, m.brand_id, m.store_id, m.brand_name, m.store_name, i.local_store_id, COALESCE(i.outcome, ''),
		CASE WHEN i.outcome IS NULL THEN m.observed_local_id ELSE i.observed_local_id END, COALESCE(i.code, ''), i.detail
	FROM run_items i JOIN mappings m ON m.id = i.mapping_id`

func (db *DB) findItems(ctx context.Context, query string, args ...any) ([]storelink.Item, error) {
	rows, err := db.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, wrap("find items", err)
	}
	items, err := pgx.CollectRows(rows, scanItem)
	return items, wrap("find items", err)
}

func scanItem(row pgx.CollectableRow) (storelink.Item, error) {
	var i storelink.Item
	var failure storelink.Failure
	err := row.Scan(&i.Number, &i.Version, &i.Store.BrandID, &i.Store.StoreID, &i.BrandName, &i.StoreName, &i.LocalStoreID, &i.Outcome,
		&i.ObservedLocalStoreID, &failure.Code, &failure.Detail)
	if failure.Code != "" {
		failure.Retryable = failure.Code.Retryable()
		i.Failure = &failure
	}
	return i, err
}

// cut returns the first limit rows of limit+1, and the sort key of the last one where there are more.
func cut[T any](rows []T, limit int, key func(T) []string) ([]T, []string) {
	if len(rows) <= limit {
		return rows, nil
	}
	return rows[:limit], key(rows[limit-1])
}
