package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// CountMappings returns how many mappings match the filter, exactly.
func (db *DB) CountMappings(ctx context.Context, f storelink.MappingFilter) (int, error) {
	where, args := mappingConditions(f)
	var n int
	err := db.admin.QueryRow(ctx, `SELECT count(*) FROM mappings`+where, planned(args)...).Scan(&n)
	return n, wrap("count mappings", err)
}

// ActOnMany does the same to every mapping that matches the filter, in one transaction, as one run whose id it returns.
// Errors: storelink.ErrInvalid where none or too many match, storelink.ErrCountChanged where not as many as expected do.
func (db *DB) ActOnMany(ctx context.Context, act storelink.BulkAct) (runID string, err error) {
	for range acceptTries {
		err = inTx(ctx, db.admin.Pool, pgx.TxOptions{BeginQuery: beginBulk}, func(ctx context.Context, tx pgx.Tx) error {
			var err error
			runID, err = actOnMany(ctx, tx, act)
			return err
		})
		if !lostRace(err) {
			break
		}
	}
	return runID, err
}

// bulkItem is a mapping that a bulk act is for. With an outcome its item has ended by the act alone.
type bulkItem struct {
	ID, OrganizationID string
	Generation         int64
	Wanted             *string // what it is to be connected to; nil: nothing
	Before             *string // what was desired before the act
	Observed           *string
	Looked             bool // somebody looked at the store
	Settled            bool // no ask is under way
	Changing           bool // a write of ours may be under way, or is not known to have come right
	Unmanaged          bool // we hold no opinion
	due                bool // made due, and nothing asked of it
	outcome            storelink.Outcome
	code               storelink.FailureCode
	detail             string
}

func actOnMany(ctx context.Context, tx pgx.Tx, act storelink.BulkAct) (string, error) {
	items, err := lockMatching(ctx, tx, act)
	if err != nil {
		return "", err
	}
	runID := newID()
	if err := insertBulkRun(ctx, tx, runID, act, items); err != nil {
		return "", err
	}
	superseded := map[string][]int{}
	switch act.Action {
	case storelink.ActionAdopt:
		err = adoptMany(ctx, tx, act, runID, items)
	case storelink.ActionReconcile, storelink.ActionDisconnect:
		superseded, err = askMany(ctx, tx, act, runID, items)
	default:
		err = fmt.Errorf("unknown action %q", act.Action)
	}
	if err != nil {
		return "", err
	}
	if err := insertBulkItems(ctx, tx, runID, items); err != nil {
		return "", err
	}
	if err := countSuperseded(ctx, tx, superseded); err != nil {
		return "", err
	}
	return runID, notify(ctx, tx, workChannel, "")
}

// lockMatching locks the mappings in the order of their ids.
func lockMatching(ctx context.Context, tx pgx.Tx, act storelink.BulkAct) ([]bulkItem, error) {
	where, args := mappingConditions(act.Filter)
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		SELECT id::text, organization_id::text, generation, desired_local_id, observed_local_id, observed_at IS NOT NULL,
			settled_generation = generation,
			intent_call IS NOT NULL OR verify_at IS NOT NULL OR restore_local_id IS NOT NULL, desired_kind = 'unmanaged'
		FROM mappings%s ORDER BY id LIMIT %d FOR UPDATE`, where, storelink.MaxItems+1), planned(args)...)
	if err != nil {
		return nil, wrap("lock mappings", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (bulkItem, error) {
		var i bulkItem
		err := row.Scan(&i.ID, &i.OrganizationID, &i.Generation, &i.Wanted, &i.Observed, &i.Looked, &i.Settled, &i.Changing, &i.Unmanaged)
		i.Before = i.Wanted
		return i, err
	})
	switch {
	case err != nil:
		return nil, wrap("lock mappings", err)
	case len(items) > storelink.MaxItems:
		return nil, badFilter("matches more than %d mappings: narrow it down", storelink.MaxItems)
	case len(items) != act.ExpectCount:
		return nil, storelink.Errorf(storelink.ErrCountChanged, "%d mappings match, not %d.", len(items), act.ExpectCount)
	case len(items) == 0:
		return nil, badFilter("matches nothing")
	}
	return items, nil
}

func badFilter(format string, args ...any) error {
	e := storelink.Errorf(storelink.ErrInvalid, "The filter "+format+".", args...)
	e.Fields = []storelink.FieldError{{Pointer: "/filter", Detail: fmt.Sprintf(format, args...)}}
	return e
}

// askMany asks anew, and may replace whatever is there: for no connection, or for what is desired already. A mapping that
// is still being worked on keeps its ask where the act would only repeat it: it is made due, as is one of which nothing
// is desired.
func askMany(ctx context.Context, tx pgx.Tx, act storelink.BulkAct, runID string, items []bulkItem) (map[string][]int, error) {
	var asks askRows
	var ids, due []string
	for i := range items {
		item := &items[i]
		item.outcome = storelink.OutcomeUnchanged
		switch {
		case act.Action == storelink.ActionDisconnect:
			item.Wanted = nil
		case !item.Settled || item.Unmanaged:
			item.due = true
			due = append(due, item.ID)
			continue
		}
		item.outcome = ""
		item.Generation++
		wanted := ""
		if item.Wanted != nil {
			wanted = *item.Wanted
		}
		asks.add(i, target{id: item.ID}, storelink.Ask{LocalStoreID: wanted, ReplacesAny: true})
		ids = append(ids, item.ID)
	}
	superseded, err := supersede(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	lane := laneOf(len(items))
	batch := &pgx.Batch{}
	batch.Queue(askMappings, asks.ids, asks.numbers, asks.wanted, asks.replaces, asks.replacesAny, runID, lane)
	batch.Queue(`
		UPDATE mappings SET
			due_at   = (SELECT storelink_now()),
			due_for  = CASE WHEN settled_generation < generation THEN 'ask' ELSE 'operator' END,
			lane     = CASE WHEN settled_generation < generation THEN lane ELSE $2 END,
			attempts = 0, updated_at = storelink_now()
		WHERE id = ANY ($1::uuid[])`, due, lane)
	queueEvents(batch, act, runID, "asked", items, func(i bulkItem) (from, to *string, ok bool) { return i.Before, i.Wanted, i.outcome == "" })
	queueEvents(batch, act, runID, "reconcile", items, func(i bulkItem) (from, to *string, ok bool) { return i.Observed, i.Before, i.due })
	return superseded, wrap("ask many", tx.SendBatch(ctx, batch).Close())
}

// adoptMany makes what was observed last the desired, wherever nobody else has it and no change is under way.
func adoptMany(ctx context.Context, tx pgx.Tx, act storelink.BulkAct, runID string, items []bulkItem) error {
	ids := make([]string, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	rows, err := tx.Query(ctx, `
		WITH asked AS (
			SELECT id, observed_local_id, row_number() OVER (PARTITION BY observed_local_id ORDER BY id) AS place
			FROM mappings WHERE id = ANY ($1::uuid[])
		)
		SELECT a.id::text FROM asked a
		WHERE a.observed_local_id IS NOT NULL AND (a.place > 1
			OR EXISTS (SELECT 1 FROM mappings o WHERE o.desired_local_id = a.observed_local_id AND o.id <> a.id)
			OR EXISTS (SELECT 1 FROM mappings o WHERE o.observed_local_id = a.observed_local_id AND o.id <> a.id)
			OR EXISTS (SELECT 1 FROM mappings o WHERE o.restore_local_id = a.observed_local_id AND o.id <> a.id))`, ids)
	if err != nil {
		return wrap("look for holders", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return wrap("look for holders", err)
	}
	taken := map[string]bool{}
	for _, id := range held {
		taken[id] = true
	}
	var adopted []string
	for i := range items {
		item := &items[i]
		item.outcome = storelink.OutcomeUnchanged
		switch {
		case !item.Looked || !item.Settled || item.Changing:
			item.outcome, item.detail = storelink.OutcomeConflict, "nobody has looked at the store yet, or a change of it is under way"
		case taken[item.ID]:
			item.outcome, item.code, item.detail = storelink.OutcomeFailed, storelink.FailIDTaken, "another store has this id"
		default:
			item.Generation++
			item.Wanted = item.Observed
			adopted = append(adopted, item.ID)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(adoptMappings, adopted, laneOf(len(items)))
	queueEvents(batch, act, runID, "adopted", items, func(i bulkItem) (from, to *string, ok bool) {
		return i.Before, i.Observed, i.outcome == storelink.OutcomeUnchanged
	})
	err = tx.SendBatch(ctx, batch).Close()
	if desiredTwice(err) {
		return err
	}
	return wrap("adopt many", err)
}

// queueEvents adds a line of history to each mapping that has one, with the operator's reason.
func queueEvents(batch *pgx.Batch, act storelink.BulkAct, runID, kind string, items []bulkItem, line func(bulkItem) (from, to *string, ok bool)) {
	var events, ids []string
	var before, after []*string
	for _, item := range items {
		if from, to, ok := line(item); ok {
			events, ids, before, after = append(events, newID()), append(ids, item.ID), append(before, from), append(after, to)
		}
	}
	batch.Queue(`
		INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, why, request_id, run_id)
		SELECT a.id, a.mapping_id, $5, $6, a.from_id, a.to_id, $7, $8, $9
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS a (id, mapping_id, from_id, to_id)`,
		events, ids, before, after, act.Actor, kind, act.Reason, act.RequestID, runID)
}

// insertBulkRun makes the run, of one organization where all its mappings are. Its counts follow with its items.
func insertBulkRun(ctx context.Context, tx pgx.Tx, runID string, act storelink.BulkAct, items []bulkItem) error {
	organization := &items[0].OrganizationID
	for _, item := range items {
		if item.OrganizationID != *organization {
			organization = nil
			break
		}
	}
	return insertRunRow(ctx, tx, runID, organization, act.Actor, act.RequestID, len(items))
}

func insertBulkItems(ctx context.Context, tx pgx.Tx, runID string, items []bulkItem) error {
	n := len(items)
	numbers, ids, generations := make([]int, n), make([]string, n), make([]int64, n)
	wanted, observed := make([]*string, n), make([]*string, n)
	outcomes, codes, details := make([]string, n), make([]string, n), make([]string, n)
	ended := map[storelink.Outcome]int{}
	for i, item := range items {
		numbers[i], ids[i], generations[i], wanted[i] = i, item.ID, item.Generation, item.Wanted
		outcomes[i], codes[i], details[i] = string(item.outcome), string(item.code), item.detail
		if item.outcome != "" {
			observed[i] = item.Observed
			ended[item.outcome]++
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO run_items (run_id, number, mapping_id, generation, local_store_id, outcome, code, detail, observed_local_id, ended_at)
		SELECT $1, a.number, a.mapping_id, a.generation, a.local_id, NULLIF(a.outcome, ''), NULLIF(a.code, ''), a.detail, a.observed,
			CASE WHEN a.outcome <> '' THEN storelink_now() END
		FROM unnest($2::int[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
			AS a (number, mapping_id, generation, local_id, outcome, code, detail, observed)`,
		runID, numbers, ids, generations, wanted, outcomes, codes, details, observed)
	for outcome, count := range ended {
		batch.Queue(countOutcomes, runID, outcome, count)
	}
	return wrap("write items", tx.SendBatch(ctx, batch).Close())
}
