package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Cancel ends, as cancelled, the items of the organization's run that no pass has begun with, and takes back what they
// asked for; all others finish. Errors: storelink.ErrNotSignedIn where the session has ended, storelink.ErrNotFound for
// another organization's run, storelink.ErrRunEnded where nothing of the run is left.
func (db *DB) Cancel(ctx context.Context, by storelink.Asker, runID string) error {
	var err error
	for range acceptTries {
		err = db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return cancel(ctx, tx, by, runID) })
		// An id that a store goes back to may be asked for by another at this moment: whoever loses looks again.
		if !lostRace(err) {
			break
		}
	}
	return err
}

func cancel(ctx context.Context, tx pgx.Tx, by storelink.Asker, runID string) error {
	if err := lockSession(ctx, tx, by); err != nil {
		return err
	}
	var known bool
	err := tx.QueryRow(ctx, `SELECT true FROM runs WHERE id = $1 AND organization_id IS NOT DISTINCT FROM NULLIF($2, '')::uuid`, runID, by.OrganizationID).Scan(&known)
	if err != nil {
		return wrap("find run", err)
	}
	pending, err := lockPending(ctx, tx, runID)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return storelink.Errorf(storelink.ErrRunEnded, "every store of the run has its outcome already")
	}
	free := cancellable(pending)
	if len(free) == 0 {
		return nil
	}
	if err := cancelMappings(ctx, tx, free); err != nil {
		return err
	}
	return cancelItems(ctx, tx, by, runID, free)
}

// lockPending locks the mappings of the run's unfinished items in the order of their ids. An item may have ended while
// its mapping was waited for, so the items are read after that.
func lockPending(ctx context.Context, tx pgx.Tx, runID string) ([]unfinished, error) {
	_, err := tx.Exec(ctx, `
		SELECT 1 FROM mappings WHERE id IN (
			SELECT mapping_id FROM run_items WHERE run_id = $1 AND COALESCE(outcome, 'pending') = 'pending')
		ORDER BY id FOR UPDATE`, runID)
	if err != nil {
		return nil, wrap("lock mappings", err)
	}
	rows, err := tx.Query(ctx, `
		SELECT i.number, m.id, COALESCE(i.local_store_id, ''),
			array_remove(ARRAY[m.settled_local_id, m.observed_local_id, m.restore_local_id], NULL),
			m.generation <> i.generation OR m.claimed_generation >= m.generation OR m.first_seen
				OR m.restore_local_id IS NOT NULL OR m.intent_call IS NOT NULL OR m.verify_at IS NOT NULL
		FROM run_items i JOIN mappings m ON m.id = i.mapping_id
		WHERE i.run_id = $1 AND COALESCE(i.outcome, 'pending') = 'pending'`, runID)
	if err != nil {
		return nil, wrap("read unfinished items", err)
	}
	pending, err := pgx.CollectRows(rows, pgx.RowToStructByPos[unfinished])
	return pending, wrap("read unfinished items", err)
}

// cancelMappings gives the mappings back what was desired before, or no opinion where another mapping desires that id
// by now, and asks for a look. The look is for drift: a store that nobody but the cancelled item ever asked for is left
// alone. Of two mappings that had one id, one after the other, it goes to the one that shows it.
func cancelMappings(ctx context.Context, tx pgx.Tx, free []unfinished) error {
	ids := make([]string, len(free))
	for i, item := range free {
		ids[i] = item.MappingID
	}
	_, err := tx.Exec(ctx, `
		WITH back AS (
			SELECT id, CASE
				WHEN settled_kind <> 'id' THEN settled_kind
				WHEN row_number() OVER (PARTITION BY settled_local_id
						ORDER BY (observed_local_id = settled_local_id) IS TRUE DESC, id) > 1 THEN 'unmanaged'
				WHEN EXISTS (SELECT 1 FROM mappings o
						WHERE o.desired_local_id = c.settled_local_id AND NOT o.id = ANY ($1::uuid[])) THEN 'unmanaged'
				ELSE 'id' END AS kind
			FROM mappings c WHERE id = ANY ($1::uuid[])
		)
		UPDATE mappings m SET
			desired_kind = back.kind, desired_local_id = CASE back.kind WHEN 'id' THEN settled_local_id END,
			settled_kind = back.kind, settled_local_id = CASE back.kind WHEN 'id' THEN settled_local_id END,
			settled_generation = generation,
			named_ids = '{}', tried_ids = '{}', replaces_any = false,
			state = CASE
				WHEN back.kind = settled_kind AND settled_state NOT IN ('pending', 'waiting') THEN settled_state
				WHEN back.kind = 'id' THEN 'connected'
				WHEN back.kind = 'none' THEN 'disconnected'
				ELSE 'unmanaged' END,
			code = CASE WHEN back.kind = settled_kind THEN settled_code END,
			upstream_message = '', waiting_for = NULL, waiting_since = NULL, attempts = 0,
			due_at = (SELECT storelink_now()), due_for = 'drift', updated_at = storelink_now()
		FROM back WHERE m.id = back.id`, ids)
	return wrap("take asks back", err)
}

// cancelItems writes the history and the outcomes, and wakes the workers: each store gets its look, and another run's
// that waited for one of the ids goes on.
func cancelItems(ctx context.Context, tx pgx.Tx, by storelink.Asker, runID string, free []unfinished) error {
	numbers, ids, events := make([]int, len(free)), make([]string, len(free)), make([]string, len(free))
	for i, item := range free {
		numbers[i], ids[i], events[i] = item.Number, item.MappingID, newID()
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, why, request_id, run_id)
		SELECT a.id, m.id, $3, 'settled', m.observed_local_id, m.observed_local_id, 'cancelled', $4, $5
		FROM unnest($1::uuid[], $2::uuid[]) AS a (id, mapping_id) JOIN mappings m ON m.id = a.mapping_id`,
		events, ids, by.Actor, by.RequestID, runID)
	batch.Queue(`
		WITH counted AS (`+countOutcomes+` RETURNING version)
		UPDATE run_items i SET outcome = $2, observed_local_id = m.observed_local_id, ended_at = storelink_now(),
			version = counted.version
		FROM counted, mappings m
		WHERE i.run_id = $1 AND i.number = ANY ($4) AND m.id = i.mapping_id`,
		runID, storelink.OutcomeCancelled, len(free), numbers)
	batch.Queue(`SELECT pg_notify($1, $2)`, runChannel, runID)
	batch.Queue(`SELECT pg_notify($1, '')`, workChannel)
	return wrap("end cancelled items", tx.SendBatch(ctx, batch).Close())
}
