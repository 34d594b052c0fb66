package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Holding says who else has the local store id that the mapping wants. A mapping has an id that it desires, shows or may
// restore, and one that an ask names to be replaced there before anybody looked. What a mapping may restore is free for
// a dark store, and where that mapping itself waits: neither could go on otherwise.
func (db *DB) Holding(ctx context.Context, w *storelink.Work, localStoreID string) (storelink.Holding, error) {
	return holding(ctx, db.leases, w, localStoreID)
}

func holding(ctx context.Context, q querier, w *storelink.Work, localStoreID string) (storelink.Holding, error) {
	var held storelink.Holding
	err := q.QueryRow(ctx, `
		WITH others AS (
			SELECT settled_generation < generation AND desired_local_id IS DISTINCT FROM $2 AS leaving,
				observed_local_id IS DISTINCT FROM $2 AND ($3 OR waits_for_id IS NOT NULL) AS passes
			FROM mappings
			WHERE id <> $1 AND (desired_local_id = $2 OR observed_local_id = $2 OR restore_local_id = $2)
			UNION ALL
			SELECT desired_local_id IS DISTINCT FROM $2, false FROM mappings
			WHERE id <> $1 AND named_ids @> ARRAY[$2] AND settled_generation < generation AND named_ids <> '{}' AND NOT first_seen
		)
		SELECT CASE
			WHEN EXISTS (SELECT 1 FROM others WHERE NOT leaving) THEN 'taken'
			WHEN EXISTS (SELECT 1 FROM others WHERE NOT passes) THEN 'leaving'
			WHEN EXISTS (SELECT 1 FROM mappings WHERE left_local_id = $2 AND left_at > $4 AND id <> $1) THEN 'left'
			ELSE 'free' END`, w.MappingID, localStoreID, w.Dark(), w.ClaimedAt).Scan(&held)
	if err != nil || held != storelink.HoldingLeaving {
		return held, wrap("look for holder", err)
	}
	first, err := firstOfCycle(ctx, q, w.MappingID, localStoreID)
	if first {
		held = storelink.HoldingFirst
	}
	return held, err
}

// firstOfCycle follows who has the id, what that one wants, who has that, until it comes back to the mapping. It stops
// at the first smaller mapping id, which goes first instead.
func firstOfCycle(ctx context.Context, q querier, mappingID, localStoreID string) (bool, error) {
	var first bool
	err := q.QueryRow(ctx, `
		WITH RECURSIVE chain AS (
			SELECT $1::uuid AS id, $2::text AS wants, 0 AS step
			UNION ALL
			SELECT holder.id, holder.desired_local_id, chain.step + 1
			FROM chain CROSS JOIN LATERAL (
				SELECT id, desired_local_id FROM mappings
				WHERE (observed_local_id = chain.wants OR restore_local_id = chain.wants)
				  AND settled_generation < generation AND desired_local_id IS DISTINCT FROM chain.wants AND id <> chain.id
				ORDER BY id LIMIT 1) holder
			WHERE (chain.step = 0 OR chain.id > $1) AND chain.wants IS NOT NULL AND chain.step <= $3
		)
		SELECT EXISTS (SELECT 1 FROM chain WHERE step > 0 AND id = $1)`,
		mappingID, localStoreID, storelink.MaxUnfinishedItems).Scan(&first)
	return first, wrap("look for a cycle", err)
}

// Restorable reports whether the id that a DELETE took away may be put back: no other mapping shows it, and none that
// desires it has settled, is dark, or has sent a POST that may still arrive. Any other waits for this one.
func (db *DB) Restorable(ctx context.Context, w *storelink.Work) (bool, error) {
	var held bool
	err := db.leases.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT 1 FROM mappings WHERE id <> $1 AND (observed_local_id = $2 OR desired_local_id = $2 AND (
				settled_generation = generation OR restore_local_id IS NOT NULL OR intent_call = 'post' OR late_post)))`,
		w.MappingID, w.Restore).Scan(&held)
	return !held, wrap("look whether the old id is free", err)
}

// lockHolders locks the mapping and those that have the id, in the order of their ids, so that what is read of them
// stays true until the transaction ends.
func lockHolders(ctx context.Context, tx pgx.Tx, w *storelink.Work, localStoreID string) error {
	_, err := tx.Exec(ctx, `
		SELECT 1 FROM mappings
		WHERE id = $1 OR desired_local_id = $2 OR observed_local_id = $2 OR restore_local_id = $2
		   OR named_ids @> ARRAY[$2] AND settled_generation < generation AND named_ids <> '{}' AND NOT first_seen
		ORDER BY id FOR UPDATE`, w.MappingID, localStoreID)
	return wrap("lock holders", err)
}

// wakeWaiters makes those due that wait for one of the ids, $1. It comes as a statement of its own after what it tells
// of was written: one that began to wait meanwhile held that row's lock and is seen by now. A row that somebody holds is
// being claimed or asked for anew, and looks by itself.
const wakeWaiters = `
	WITH woken AS (
		UPDATE mappings SET due_at = (SELECT storelink_now())
		WHERE id IN (SELECT id FROM mappings WHERE waits_for_id = ANY ($1) ORDER BY id FOR UPDATE SKIP LOCKED)
		RETURNING id
	)
	SELECT pg_notify($2, '') FROM woken LIMIT 1`

// moved returns the ids that somebody may wait for and of which this work may have changed who has them.
func moved(w *storelink.Work) []string {
	var ids []string
	if w.Observed.LocalStoreID != w.Stored.LocalStoreID {
		ids = append(ids, w.Stored.LocalStoreID, w.Observed.LocalStoreID)
	}
	if w.Restore != w.StoredRestore {
		ids = append(ids, w.StoredRestore, w.Restore)
	}
	return given(ids)
}

// touched returns all ids that the work has or had.
func touched(w *storelink.Work) []string {
	return given([]string{w.Stored.LocalStoreID, w.Observed.LocalStoreID, w.StoredRestore, w.Restore})
}

func given(ids []string) []string {
	seen := map[string]bool{"": true}
	kept := []string{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			kept = append(kept, id)
		}
	}
	return kept
}
