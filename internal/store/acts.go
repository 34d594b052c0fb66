package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// acted is what an act has to know of the mapping that it locked.
type acted struct {
	looked   bool
	observed *string
	desired  *string
	settled  bool
	changing bool // a write of ours may be under way, or is not known to have come right
	live     bool // a pass holds the lease
}

// lockActed locks the act's mapping, or returns storelink.ErrNotFound.
func lockActed(ctx context.Context, tx pgx.Tx, id string) (acted, error) {
	var m acted
	err := tx.QueryRow(ctx, `
		SELECT observed_at IS NOT NULL, observed_local_id, desired_local_id,
			settled_generation = generation,
			intent_call IS NOT NULL OR verify_at IS NOT NULL OR restore_local_id IS NOT NULL,
			COALESCE(leased_until > storelink_now(), false)
		FROM mappings WHERE id = $1 FOR UPDATE`, id).
		Scan(&m.looked, &m.observed, &m.desired, &m.settled, &m.changing, &m.live)
	return m, wrap("lock mapping", err)
}

// Reconcile makes the mapping due now, for a pass that repairs and may replace the id that the act expects, or, where it
// expects none, what its first look shows. Errors: storelink.ErrNotFound, and storelink.ErrConflict where a pass is
// changing the store at this moment: that one knows nothing of the act, and puts right what it can by itself.
func (db *DB) Reconcile(ctx context.Context, act storelink.Act) (storelink.Mapping, error) {
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		m, err := lockActed(ctx, tx, act.MappingID)
		if err != nil {
			return err
		}
		if m.live && (m.changing || !m.settled) {
			return storelink.Errorf(storelink.ErrConflict, "The store is being changed at this moment: look again when that has ended.")
		}
		if _, err := tx.Exec(ctx, reconcileMapping, act.MappingID, act.ExpectObserved); err != nil {
			return wrap("make mapping due", err)
		}
		return tellAct(ctx, tx, act, "reconcile", m.observed, m.desired)
	})
	if err != nil {
		return storelink.Mapping{}, err
	}
	return db.FindMapping(ctx, act.MappingID)
}

// A settled generation has nothing left to tell by its first look, so that of the act's pass takes its place. A look
// that goes on at the moment loses its lease: what it would write back knows nothing of the act. The lease still lasts
// its time, as one that lapses does, so that nothing is sent under two of them.
const reconcileMapping = `
	UPDATE mappings m SET
		named_ids = named_ids || CASE WHEN may.id IS NULL OR may.id = ANY (named_ids) THEN '{}' ELSE ARRAY[may.id] END,
		replaces_any   = replaces_any OR $2 = '' AND may.id IS NULL,
		first_seen     = first_seen AND settled_generation < generation,
		first_observed = CASE WHEN settled_generation < generation THEN first_observed END,
		attempts       = 0,
		lane           = 'interactive',
		due_at         = storelink_now(),
		due_for        = CASE WHEN settled_generation < generation THEN 'ask' ELSE 'operator' END,
		lease_token    = CASE WHEN leased_until > storelink_now() THEN gen_random_uuid() ELSE lease_token END,
		updated_at     = storelink_now()
	FROM (
		SELECT CASE WHEN $2 <> '' THEN $2
			WHEN settled_generation < generation AND first_seen THEN observed_local_id END AS id
		FROM mappings WHERE id = $1
	) may
	WHERE m.id = $1`

// Adopt makes what was observed last the desired: an id, or no connection. It counts as an ask that has settled. Errors:
// storelink.ErrNotFound; storelink.ErrConflict where nobody looked yet, the act expects another id, or a change is under
// way; storelink.ErrLocalStoreIDTaken.
func (db *DB) Adopt(ctx context.Context, act storelink.Act) (storelink.Mapping, error) {
	var err error
	for range acceptTries {
		err = db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return adopt(ctx, tx, act) })
		if !lostRace(err) {
			break
		}
	}
	if err != nil {
		return storelink.Mapping{}, err
	}
	return db.FindMapping(ctx, act.MappingID)
}

func adopt(ctx context.Context, tx pgx.Tx, act storelink.Act) error {
	m, err := lockActed(ctx, tx, act.MappingID)
	if err != nil {
		return err
	}
	id := ""
	if m.observed != nil {
		id = *m.observed
	}
	switch {
	case !m.looked:
		return storelink.Errorf(storelink.ErrConflict, "Nobody has looked at the store yet: reconcile it first.")
	case act.ExpectObserved != "" && act.ExpectObserved != id:
		return storelink.Errorf(storelink.ErrConflict, "The store showed another id when it was looked at last.")
	case !m.settled || m.changing:
		return storelink.Errorf(storelink.ErrConflict, "A change of the store is under way: look again when that has ended.")
	}
	if err := checkHeld(ctx, tx, act.MappingID, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, adoptMapping, act.MappingID, id); err != nil {
		if desiredTwice(err) {
			return err
		}
		return wrap("adopt", err)
	}
	return tellAct(ctx, tx, act, "adopted", m.desired, m.observed)
}

// checkHeld refuses an id that another mapping desires, shows or may restore. Operators may know which one it is.
func checkHeld(ctx context.Context, tx pgx.Tx, mappingID, localStoreID string) error {
	rows, err := tx.Query(ctx, `
		SELECT id::text, store_name FROM mappings WHERE desired_local_id = $2 AND id <> $1
		UNION ALL
		SELECT id::text, store_name FROM mappings WHERE observed_local_id = $2 AND id <> $1
		UNION ALL
		SELECT id::text, store_name FROM mappings WHERE restore_local_id = $2 AND id <> $1
		LIMIT 1`, mappingID, localStoreID)
	if err != nil {
		return wrap("look for holder", err)
	}
	type holder struct{ ID, Name string }
	held, err := pgx.CollectRows(rows, pgx.RowToStructByPos[holder])
	if err != nil || len(held) == 0 {
		return wrap("look for holder", err)
	}
	return storelink.Errorf(storelink.ErrLocalStoreIDTaken, "%s is used by another store: %s, mapping %s.", localStoreID, held[0].Name, held[0].ID)
}

// The generation is raised, so that a look that goes on at the moment writes nothing of what was desired before. Another
// look shows whether upstream is still as it was seen.
var adoptMapping = adoptSet("$2", "'interactive'") + `
	WHERE id = $1`

// adoptMappings is the same for several, each with what it shows, in the lane $2: the looks at many give way to what
// somebody waits for.
var adoptMappings = adoptSet("COALESCE(observed_local_id, '')", "$2") + `
	WHERE id = ANY ($1::uuid[])`

// adoptSet takes the adopted id, empty for none, and the lane of the look that follows, both as SQL.
func adoptSet(id, lane string) string {
	return strings.NewReplacer("$id", id, "$lane", lane).Replace(`
	UPDATE mappings SET
		generation       = generation + 1,
		settled_generation = generation + 1,
		desired_kind     = CASE WHEN $id = '' THEN 'none' ELSE 'id' END, desired_local_id = NULLIF($id, ''),
		asked_kind       = CASE WHEN $id = '' THEN 'none' ELSE 'id' END, asked_local_id = NULLIF($id, ''),
		settled_kind     = CASE WHEN $id = '' THEN 'none' ELSE 'id' END, settled_local_id = NULLIF($id, ''),
		previous_local_id = CASE WHEN desired_local_id <> $id THEN desired_local_id ELSE previous_local_id END,
		state            = CASE WHEN $id = '' THEN 'disconnected' ELSE 'connected' END,
		code = NULL, upstream_message = '', waiting_for = NULL, waiting_since = NULL, waits_for_id = NULL, attempts = 0,
		refused_code = NULL, refused_message = '',
		named_ids = '{}', tried_ids = '{}', replaces_any = false,
		first_seen = true, first_observed = NULLIF($id, ''),
		lane = $lane, due_at = storelink_now(), due_for = 'drift',
		updated_at = storelink_now()`)
}

// tellAct adds the act to the mapping's history and wakes the workers.
func tellAct(ctx context.Context, tx pgx.Tx, act storelink.Act, kind string, from, to *string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, why, request_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		newID(), act.MappingID, act.Actor, kind, from, to, act.Reason, act.RequestID)
	if err != nil {
		return wrap("tell act", err)
	}
	return notify(ctx, tx, workChannel, "")
}
