package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Claim leases up to limit mappings that are due and not leased, oldest first. A claim that finds an intent without
// its answer takes it as a write that was not answered: it began while its lease had a second left, at the latest.
func (db *DB) Claim(ctx context.Context, limit int, lateness time.Duration) ([]*storelink.Work, error) {
	rows, err := db.leases.Query(ctx, `
		WITH due AS (
			SELECT id FROM mappings
			WHERE wake_at <= (SELECT storelink_now())
			  AND (leased_until IS NULL OR leased_until <= (SELECT storelink_now()))
			ORDER BY wake_at LIMIT $1
			FOR UPDATE SKIP LOCKED
		)
		UPDATE mappings m SET
			lease_token  = gen_random_uuid(),
			leased_until = storelink_now() + interval '3 seconds',
			claimed_generation = generation,
			verify_at    = CASE WHEN intent_call IS NULL THEN verify_at
			               ELSE GREATEST(verify_at, leased_until - interval '1 second' + make_interval(secs => $2)) END,
			late_delete  = late_delete OR COALESCE(intent_call = 'delete', false),
			late_post    = late_post OR COALESCE(intent_call = 'post', false),
			intent_call  = NULL,
			intent_local_id = NULL
		FROM due WHERE m.id = due.id
		RETURNING m.id, m.lease_token, m.organization_id, m.brand_id, m.store_id, m.generation,
			m.settled_generation = m.generation, m.desired_kind, COALESCE(m.desired_local_id, ''),
			m.asked_kind, COALESCE(m.asked_local_id, ''), m.settled_kind, COALESCE(m.settled_local_id, ''),
			m.state, COALESCE(m.code, ''),
			CASE WHEN m.settled_generation < m.generation OR m.verify_at <= storelink_now() THEN 'ask'
			     ELSE COALESCE(m.due_for, 'ask') END,
			m.observed_at IS NOT NULL, COALESCE(m.observed_local_id, ''),
			m.first_seen, COALESCE(m.first_observed, ''), m.named_ids, m.tried_ids, m.replaces_any,
			COALESCE(m.restore_local_id, ''), COALESCE(m.refused_code, ''), m.refused_message,
			EXTRACT(EPOCH FROM m.verify_at - storelink_now())::float8, m.late_delete, m.late_post, m.attempts,
			COALESCE(m.run_id::text, ''), COALESCE(m.item_number, 0),
			COALESCE((SELECT request_id FROM runs r WHERE r.id = m.run_id), ''), storelink_now()`,
		limit, lateness.Seconds())
	if err != nil {
		return nil, wrap("claim", err)
	}
	work, err := pgx.CollectRows(rows, scanWork)
	return work, wrap("claim", err)
}

func scanWork(row pgx.CollectableRow) (*storelink.Work, error) {
	var (
		w        storelink.Work
		refusal  storelink.Refusal
		verifyIn *float64
	)
	err := row.Scan(&w.MappingID, &w.LeaseToken, &w.OrganizationID, &w.Store.BrandID, &w.Store.StoreID, &w.Generation,
		&w.Settled, &w.Desired.Kind, &w.Desired.LocalStoreID,
		&w.Asked.Kind, &w.Asked.LocalStoreID, &w.Before.Kind, &w.Before.LocalStoreID,
		&w.State, &w.Code, &w.DueFor,
		&w.Stored.Known, &w.Stored.LocalStoreID,
		&w.First.Known, &w.First.LocalStoreID, &w.Named, &w.Tried, &w.ReplacesAny,
		&w.Restore, &refusal.Code, &refusal.Message,
		&verifyIn, &w.LateDelete, &w.LatePost, &w.Attempts,
		&w.RunID, &w.ItemNumber, &w.RequestID, &w.ClaimedAt)
	if err != nil {
		return nil, err
	}
	w.Observed = w.Stored
	if refusal.Code != "" {
		w.Refused = &refusal
	}
	if verifyIn != nil {
		w.VerifyAt = time.Now().Add(time.Duration(*verifyIn * float64(time.Second)))
	}
	return &w, nil
}

// Renew prolongs the leases with these tokens by 3 s, all in one statement, and returns those that still exist.
func (db *DB) Renew(ctx context.Context, tokens []string) ([]string, error) {
	rows, err := db.leases.Query(ctx, `
		UPDATE mappings SET leased_until = storelink_now() + interval '3 seconds'
		WHERE lease_token = ANY($1::uuid[]) RETURNING lease_token::text`, tokens)
	if err != nil {
		return nil, wrap("renew leases", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return held, wrap("renew leases", err)
}

// Save records the work as it stands, with a line of history where observed has changed. It returns
// storelink.ErrLeaseLost, and writes nothing, where the lease or the generation has moved on.
func (db *DB) Save(ctx context.Context, w *storelink.Work) error {
	err := db.inLeaseTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := saveWork(ctx, tx, w); err != nil {
			return err
		}
		return insertObserved(ctx, tx, w)
	})
	if err == nil {
		w.Stored = w.Observed
	}
	return err
}

// saveWork writes what a pass may change, all of it: under its lease and generation nobody else writes these columns.
func saveWork(ctx context.Context, tx pgx.Tx, w *storelink.Work) error {
	intent := storelink.Intent{}
	if w.Intent != nil {
		intent = *w.Intent
	}
	refusal := storelink.Refusal{}
	if w.Refused != nil {
		refusal = *w.Refused
	}
	tag, err := tx.Exec(ctx, `
		UPDATE mappings SET
			observed_local_id = NULLIF($4, ''),
			observed_at     = CASE WHEN $5 THEN storelink_now() ELSE observed_at END,
			first_seen      = $6,
			first_observed  = NULLIF($7, ''),
			named_ids       = $8,
			tried_ids       = $9,
			replaces_any    = $10,
			restore_local_id = NULLIF($11, ''),
			refused_code    = NULLIF($12, ''),
			refused_message = $13,
			intent_call     = NULLIF($14, ''),
			intent_local_id = NULLIF($15, ''),
			verify_at       = storelink_now() + make_interval(secs => $16),
			late_delete     = $17,
			late_post       = $18,
			updated_at      = storelink_now()
		WHERE id = $1 AND lease_token = $2 AND generation = $3`,
		w.MappingID, w.LeaseToken, w.Generation,
		w.Observed.LocalStoreID, w.ObservedNow, w.First.Known, w.First.LocalStoreID,
		orEmpty(w.Named), orEmpty(w.Tried), w.ReplacesAny, w.Restore, refusal.Code, refusal.Message,
		intent.Kind, intent.LocalStoreID, verifyIn(w), w.LateDelete, w.LatePost)
	if err != nil {
		return wrap("save work", err)
	}
	if tag.RowsAffected() == 0 {
		return storelink.ErrLeaseLost
	}
	return nil
}

// Settle ends the generation, or a look at one that ended before, and releases the lease. Errors as Save.
func (db *DB) Settle(ctx context.Context, work *storelink.Work, s storelink.Settlement) error {
	if s.Failure == nil {
		s.Failure = &storelink.Failure{}
	}
	// A copy: where the settling fails, the lease is handed back with the work as it was.
	settled := *work
	w := &settled
	w.Intent = nil
	w.Named, w.Tried = stillReplaceable(w, w.Named), stillReplaceable(w, w.Tried)
	if w.Desired.Kind == storelink.DesireNone && !s.Reverted && s.State == storelink.StateDisconnected {
		w.Restore = ""
	}
	return db.inLeaseTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := saveWork(ctx, tx, w); err != nil {
			return err
		}
		desired := w.Desired
		if s.Reverted && !w.Settled {
			var err error
			if desired, err = revertTo(ctx, tx, w); err != nil {
				return err
			}
		}
		if err := settleMapping(ctx, tx, w, s, desired); err != nil {
			return err
		}
		if err := insertObserved(ctx, tx, w); err != nil || w.Settled {
			return err
		}
		return settleItem(ctx, tx, w, s)
	})
}

// stillReplaceable returns which ids a pass may delete after settling: none, but while a write of ours may still come
// late, all but the one that stands there.
func stillReplaceable(w *storelink.Work, ids []string) []string {
	if w.VerifyAt.IsZero() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == w.Observed.LocalStoreID })
}

// revertTo returns what is desired after an ask came to nothing: what was settled before, unless another mapping
// desires that id by now.
func revertTo(ctx context.Context, tx pgx.Tx, w *storelink.Work) (storelink.Desired, error) {
	if w.Before.Kind != storelink.DesireID {
		return w.Before, nil
	}
	var gone bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM mappings WHERE desired_local_id = $1 AND id <> $2)`,
		w.Before.LocalStoreID, w.MappingID).Scan(&gone)
	if gone {
		return storelink.Desired{Kind: storelink.DesireUnmanaged}, wrap("revert desired", err)
	}
	return w.Before, wrap("revert desired", err)
}

func settleMapping(ctx context.Context, tx pgx.Tx, w *storelink.Work, s storelink.Settlement, desired storelink.Desired) error {
	_, err := tx.Exec(ctx, `
		UPDATE mappings SET
			desired_kind = $2, desired_local_id = NULLIF($3, ''),
			settled_kind = $2, settled_local_id = NULLIF($3, ''),
			settled_generation = generation,
			state = $4,
			code  = NULLIF($5, ''),
			upstream_message = CASE WHEN $6 = '' AND $7 THEN upstream_message ELSE $6 END,
			previous_local_id = CASE WHEN first_seen AND first_observed IS DISTINCT FROM observed_local_id
			                    THEN COALESCE(first_observed, previous_local_id) ELSE previous_local_id END,
			waiting_for = NULL, waiting_since = NULL,
			attempts = CASE WHEN $8::float8 IS NULL THEN 0 ELSE attempts + 1 END,
			due_at  = CASE WHEN due_at > $9 THEN due_at ELSE storelink_now() + make_interval(secs => $8) END,
			due_for = CASE WHEN due_at > $9 THEN due_for WHEN $8::float8 IS NULL THEN NULL ELSE 'ask' END,
			lease_token = NULL, leased_until = NULL
		WHERE id = $1`,
		w.MappingID, desired.Kind, desired.LocalStoreID, s.State, s.Failure.Code, s.Message, w.Settled,
		secondsOrNull(s.RetryIn), w.ClaimedAt)
	return wrap("settle mapping", err)
}

func settleItem(ctx context.Context, tx pgx.Tx, w *storelink.Work, s storelink.Settlement) error {
	why := string(s.Outcome)
	if s.Failure.Detail != "" {
		why += ": " + s.Failure.Detail
	}
	batch := &pgx.Batch{}
	batch.Queue(insertEvent, newID(), w.MappingID, "storelink", "settled", w.First.LocalStoreID, w.Observed.LocalStoreID, why,
		w.RequestID, w.RunID)
	batch.Queue(endItem, w.RunID, s.Outcome, 1, w.ItemNumber, w.Observed.LocalStoreID, s.Failure.Code, s.Failure.Detail)
	batch.Queue(`SELECT pg_notify($1, $2)`, runChannel, w.RunID)
	return wrap("settle item", tx.SendBatch(ctx, batch).Close())
}

// Pause ends a pass without an outcome and releases the lease. Writing that a mapping waits for consent locks the
// organization and looks again for a grant; so does a sign-in, and no wake-up is lost. Errors as Save.
func (db *DB) Pause(ctx context.Context, work *storelink.Work, p storelink.Pause) error {
	paused := *work
	w := &paused
	w.Intent = nil
	if !w.VerifyAt.IsZero() && !w.VerifyAt.After(time.Now()) {
		// Nothing can be late any more. The look that this asks for is the one that is due after the pause.
		w.VerifyAt, w.LateDelete, w.LatePost, w.DueFor = time.Time{}, false, false, storelink.DueForAsk
	}
	return db.inLeaseTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if p.WaitingFor == storelink.WaitForConsent {
			fresh, err := freshGrant(ctx, tx, w)
			if err != nil {
				return err
			}
			if fresh {
				p.In = 0
			}
		}
		if err := saveWork(ctx, tx, w); err != nil {
			return err
		}
		if err := insertObserved(ctx, tx, w); err != nil {
			return err
		}
		return pauseMapping(ctx, tx, w, p)
	})
}

func freshGrant(ctx context.Context, tx pgx.Tx, w *storelink.Work) (bool, error) {
	if _, err := tx.Exec(ctx, `SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE`, w.OrganizationID); err != nil {
		return false, wrap("lock organization", err)
	}
	var fresh bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM grants WHERE organization_id = $1 AND state = 'active' AND updated_at > $2)`,
		w.OrganizationID, w.ClaimedAt).Scan(&fresh)
	return fresh, wrap("look for a grant", err)
}

func pauseMapping(ctx context.Context, tx pgx.Tx, w *storelink.Work, p storelink.Pause) error {
	_, err := tx.Exec(ctx, `
		UPDATE mappings SET
			state = CASE WHEN $2 THEN state WHEN $3 = '' THEN 'pending' ELSE 'waiting' END,
			code  = CASE WHEN $2 THEN code ELSE NULLIF($4, '') END,
			upstream_message = CASE WHEN $2 THEN upstream_message ELSE $5 END,
			waiting_for = CASE WHEN $2 THEN waiting_for ELSE NULLIF($3, '') END,
			waiting_since = CASE WHEN $2 OR waiting_for = $3 THEN waiting_since WHEN $3 = '' THEN NULL ELSE storelink_now() END,
			attempts = attempts + CASE WHEN $3 = '' THEN 0 ELSE 1 END,
			due_at  = CASE WHEN due_at > $6 THEN due_at ELSE storelink_now() + make_interval(secs => $7) END,
			due_for = CASE WHEN due_at > $6 THEN due_for ELSE $8 END,
			lease_token = NULL, leased_until = NULL
		WHERE id = $1`,
		w.MappingID, w.Settled, p.WaitingFor, p.Code, p.Message, w.ClaimedAt, p.In.Seconds(), w.DueFor)
	return wrap("pause mapping", err)
}

// HandBack releases the lease of a pass that stopped half way, with what is known of its writes, whatever the
// generation is by now, and wakes the workers. A lease that is another's by now is left alone.
func (db *DB) HandBack(ctx context.Context, w *storelink.Work) error {
	return db.inLeaseTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE mappings SET
				observed_local_id = NULLIF($3, ''),
				observed_at = CASE WHEN $4 THEN storelink_now() ELSE observed_at END,
				tried_ids   = $5,
				restore_local_id = NULLIF($6, ''),
				intent_call = NULL, intent_local_id = NULL,
				verify_at   = storelink_now() + make_interval(secs => $7),
				late_delete = $8, late_post = $9,
				lease_token = NULL, leased_until = NULL, updated_at = storelink_now()
			WHERE id = $1 AND lease_token = $2`,
			w.MappingID, w.LeaseToken, w.Observed.LocalStoreID, w.ObservedNow, orEmpty(w.Tried), w.Restore,
			verifyIn(w), w.LateDelete, w.LatePost)
		if err != nil {
			return wrap("hand back lease", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		if err := insertObserved(ctx, tx, w); err != nil {
			return err
		}
		return notify(ctx, tx, workChannel, "")
	})
}

// Holder reports whether another mapping desires, shows or may restore the local store id.
func (db *DB) Holder(ctx context.Context, mappingID, localStoreID string) (bool, error) {
	var held bool
	err := db.leases.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT 1 FROM mappings
			WHERE id <> $1 AND (desired_local_id = $2 OR observed_local_id = $2 OR restore_local_id = $2))`,
		mappingID, localStoreID).Scan(&held)
	return held, wrap("look for holder", err)
}

const insertEvent = `
	INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, why, request_id, run_id)
	VALUES ($1, $2, $3, $4, NULLIF($5, ''), NULLIF($6, ''), $7, $8, NULLIF($9, '')::uuid)`

// insertObserved writes a line of history where observed differs from what was stored.
func insertObserved(ctx context.Context, tx pgx.Tx, w *storelink.Work) error {
	if w.Observed.LocalStoreID == w.Stored.LocalStoreID {
		return nil
	}
	_, err := tx.Exec(ctx, insertEvent, newID(), w.MappingID, w.ObservedBy, "observed", w.Stored.LocalStoreID,
		w.Observed.LocalStoreID, "", w.RequestID, w.RunID)
	return wrap("write history", err)
}

func verifyIn(w *storelink.Work) *float64 {
	if w.VerifyAt.IsZero() {
		return nil
	}
	in := time.Until(w.VerifyAt).Seconds()
	return &in
}

func secondsOrNull(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	s := d.Seconds()
	return &s
}

func orEmpty(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}
