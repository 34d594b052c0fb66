package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// setWork writes what a pass may change, all of it: under its lease and generation nobody else writes these columns. Its
// parameters are those of workArgs; a statement's own follow after them.
const setWork = `
	observed_local_id = NULLIF($4, ''),
	left_local_id   = CASE WHEN observed_local_id IS DISTINCT FROM NULLIF($4, '') THEN COALESCE(observed_local_id, left_local_id)
	                       ELSE left_local_id END,
	left_at         = CASE WHEN observed_local_id IS NOT NULL AND observed_local_id IS DISTINCT FROM NULLIF($4, '')
	                       THEN storelink_now() ELSE left_at END,
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
	late_post       = $18`

// seenNow is set beside setWork where a pass ends, and seenAnew where it goes on: then both times move with what was
// observed alone, so that recording an intent touches no index and stays on the row's page.
const (
	seenNow = `
	observed_at     = CASE WHEN $5 THEN storelink_now() ELSE observed_at END,
	updated_at      = storelink_now()`
	seenAnew = `
	observed_at     = CASE WHEN $5 AND observed_local_id IS DISTINCT FROM NULLIF($4, '') THEN storelink_now() ELSE observed_at END,
	updated_at      = CASE WHEN $5 AND observed_local_id IS DISTINCT FROM NULLIF($4, '') THEN storelink_now() ELSE updated_at END`
)

func (db *DB) workArgs(w *storelink.Work, more ...any) []any {
	intent := storelink.Intent{}
	if w.Intent != nil {
		intent = *w.Intent
	}
	refusal := storelink.Refusal{}
	if w.Refused != nil {
		refusal = *w.Refused
	}
	return append([]any{
		w.MappingID, w.LeaseToken, w.Generation,
		w.Observed.LocalStoreID, w.ObservedNow, w.First.Known, w.First.LocalStoreID,
		orEmpty(w.Named), orEmpty(w.Tried), w.ReplacesAny, w.Restore, refusal.Code, refusal.Message,
		intent.Kind, intent.LocalStoreID, db.verifyIn(w), w.LateDelete, w.LatePost,
	}, more...)
}

// seen adds a line of history where observed differs from what was stored. Its rows come from saved; its parameters,
// those of seenArgs, follow the 18 of workArgs.
const seen = `
	INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, request_id, run_id)
	SELECT $19::uuid, saved.id, $20, 'observed', NULLIF($21, ''), NULLIF($4, ''), $22, NULLIF($23, '')::uuid
	FROM saved WHERE $21 <> $4`

func seenArgs(w *storelink.Work) []any {
	return []any{newID(), w.ObservedBy, w.Stored.LocalStoreID, w.RequestID, w.RunID}
}

// Save records the work as it stands, with a line of history where observed has changed. It returns
// storelink.ErrLeaseLost, and writes nothing, where the lease or the generation has moved on.
func (db *DB) Save(ctx context.Context, w *storelink.Work) error {
	batch := &pgx.Batch{}
	saved := batch.Queue(`
		WITH saved AS (
			UPDATE mappings SET `+setWork+`,`+seenAnew+` WHERE id = $1 AND lease_token = $2 AND generation = $3 RETURNING id
		), seen AS (`+seen+`)
		SELECT 1 FROM saved`, db.workArgs(w, seenArgs(w)...)...)
	err := db.write(ctx, "save work", batch, saved, moved(w))
	if err == nil {
		w.Stored, w.StoredRestore = w.Observed, w.Restore
	}
	return err
}

// write sends the batch, whose statements are one transaction, in one go, and wakes those who wait for the ids. It
// returns storelink.ErrLeaseLost where the query saved, which the lease guards, found no row.
func (db *DB) write(ctx context.Context, op string, batch *pgx.Batch, saved *pgx.QueuedQuery, ids []string) error {
	lost := false
	saved.QueryRow(func(row pgx.Row) error {
		var one int
		err := row.Scan(&one)
		lost = errors.Is(err, pgx.ErrNoRows)
		if lost {
			return nil
		}
		return err
	})
	if len(ids) > 0 {
		batch.Queue(wakeWaiters, ids, workChannel)
	}
	if err := db.leases.SendBatch(ctx, batch).Close(); err != nil {
		return wrap(op, err)
	}
	if lost {
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
	if over := !w.VerifyAt.IsZero() && !w.VerifyAt.After(db.now()); over && !w.ObservedNow {
		// The look that verify asks for was not possible.
		w.VerifyAt, w.LateDelete, w.LatePost = time.Time{}, false, false
		s.RetryIn = max(s.RetryIn, time.Minute)
	}
	w.Named, w.Tried = stillReplaceable(w, w.Named), stillReplaceable(w, w.Tried)
	if w.Desired.Kind == storelink.DesireNone && !s.Reverted && w.Observed.LocalStoreID == "" && s.Failure.Code != storelink.FailRestore {
		w.Restore = "" // it is gone on purpose, whatever the newest ask came to
	}
	desired, reverts := w.Desired, s.Reverted && !w.Settled
	if reverts {
		desired = w.Before
	}
	why := string(s.Outcome)
	if s.Failure.Detail != "" {
		why += ": " + s.Failure.Detail
	}
	batch := &pgx.Batch{}
	args := append(seenArgs(w), desired.Kind, desired.LocalStoreID, reverts, s.State, s.Failure.Code, s.Message, w.Settled,
		secondsOrNull(s.RetryIn), w.ClaimedAt)
	args = append(args, newID(), why, w.ItemNumber, s.Outcome, s.Failure.Detail, runChannel,
		secondsOrNull(s.LookIn), s.Healed, s.Why)
	saved := batch.Queue(settleWork, db.workArgs(w, args...)...)
	return db.write(ctx, "settle", batch, saved, touched(w))
}

// An ask that came to nothing goes back to what was settled before, unless another mapping desires that id by now, or it
// was "no connection" and somebody had made one since, which is still to be restored.
// A settled generation has no item to end. An item carries the version that its change gave the run, so that the changes
// since any version are found again; only who holds the mapping's lock ends it, so nobody waits for it with the run's
// lock in hand.
var settleWork = `
	WITH goal AS (
		SELECT $26 AND ($24 = 'none' AND $11 <> ''
			OR $24 = 'id' AND EXISTS (SELECT 1 FROM mappings WHERE desired_local_id = $25 AND id <> $1)) AS gone
	), saved AS (
		UPDATE mappings SET ` + setWork + `,` + seenNow + `,
			desired_kind = CASE WHEN gone THEN 'unmanaged' ELSE $24 END,
			desired_local_id = CASE WHEN NOT gone THEN NULLIF($25, '') END,
			settled_kind = CASE WHEN gone THEN 'unmanaged' ELSE $24 END,
			settled_local_id = CASE WHEN NOT gone THEN NULLIF($25, '') END,
			settled_generation = generation,
			state = $27,
			code  = NULLIF($28, ''),
			upstream_message = CASE WHEN $29 = '' AND $30 THEN upstream_message ELSE $29 END,
			previous_local_id = CASE WHEN $6 AND $7 <> $4 THEN COALESCE(NULLIF($7, ''), previous_local_id) ELSE previous_local_id END,
			waiting_for = NULL, waiting_since = NULL, waits_for_id = NULL,
			attempts = CASE WHEN $31::float8 IS NULL THEN 0 ELSE attempts + 1 END,
			due_at  = CASE WHEN due_at > $32 THEN due_at ELSE storelink_now() + make_interval(secs => COALESCE($31, $39::float8)) END,
			due_for = CASE WHEN due_at > $32 THEN due_for WHEN $31 IS NOT NULL THEN 'ask' WHEN $39 IS NOT NULL THEN 'drift' END,
			lane    = CASE WHEN due_at > $32 OR $31 IS NOT NULL OR $39 IS NULL OR $16::float8 IS NOT NULL THEN lane ELSE 'drift' END,
			heals   = CASE WHEN NOT $40 THEN heals WHEN heals_since > storelink_now() - interval '1 day' THEN heals + 1 ELSE 1 END,
			heals_since = CASE WHEN NOT $40 OR heals_since > storelink_now() - interval '1 day' THEN heals_since ELSE storelink_now() END,
			lease_token = NULL, leased_until = NULL
		FROM goal WHERE id = $1 AND lease_token = $2 AND generation = $3
		RETURNING id
	), seen AS (` + seen + `
	), told AS (
		INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, why, request_id, run_id)
		SELECT $33::uuid, saved.id, 'storelink', 'settled', NULLIF($7, ''), NULLIF($4, ''), $34 || $41, $22, NULLIF($23, '')::uuid
		FROM saved WHERE NOT $30 OR $41 <> ''
	), counted AS (
		UPDATE runs SET ` + countOutcome("$36", "1") + `
		FROM saved
		WHERE NOT $30 AND runs.id = NULLIF($23, '')::uuid
		  AND EXISTS (SELECT 1 FROM run_items WHERE run_id = runs.id AND number = $35 AND outcome IS NULL)
		RETURNING runs.id, runs.version
	), ended AS (
		UPDATE run_items i SET outcome = $36, observed_local_id = NULLIF($4, ''), code = NULLIF($28, ''), detail = $37,
			ended_at = storelink_now(), version = counted.version
		FROM counted WHERE i.run_id = counted.id AND i.number = $35 AND i.outcome IS NULL
	)
	SELECT 1 + 0 * (SELECT count(pg_notify($38, counted.id::text)) FROM counted)::int FROM saved`

// stillReplaceable returns which ids a pass may delete after settling: none, but while a write of ours may still come
// late, all but the one that stands there.
func stillReplaceable(w *storelink.Work, ids []string) []string {
	if w.VerifyAt.IsZero() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == w.Observed.LocalStoreID })
}

// Pause ends a pass without an outcome and releases the lease. What it is to wait for is looked at again in the
// transaction that begins the wait, under the lock of those who can end it: a sign-in locks the organization, a mapping
// that leaves an id its own row. So no wake-up is lost. Errors as Save.
func (db *DB) Pause(ctx context.Context, work *storelink.Work, p storelink.Pause) error {
	paused := *work
	w := &paused
	w.Intent = nil
	if !w.VerifyAt.IsZero() && !w.VerifyAt.After(db.now()) {
		// Nothing can be late any more. The look that this asks for is the one that is due after the pause.
		w.VerifyAt, w.LateDelete, w.LatePost, w.DueFor = time.Time{}, false, false, storelink.DueForAsk
	}
	return db.inLeaseTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		fresh, err := lockWait(ctx, tx, w, p)
		if err != nil {
			return err
		}
		if fresh {
			p.In = 0
		}
		if err := db.pauseWork(ctx, tx, w, p); err != nil || p.WaitsForID == "" || fresh {
			return err
		}
		// By now the row shows what this pass saw: that may free the id, or close a cycle whose first one begins at once.
		held, err := holding(ctx, tx, w, p.WaitsForID)
		if err != nil || held == storelink.HoldingLeaving || held == storelink.HoldingFirst && w.Dark() {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE mappings SET due_at = storelink_now() WHERE id = $1`, w.MappingID)
		return wrap("go on at once", err)
	})
}

// lockWait locks the rows of those who can end the wait, and reports whether one already did.
func lockWait(ctx context.Context, tx pgx.Tx, w *storelink.Work, p storelink.Pause) (bool, error) {
	switch {
	case p.WaitsForID != "":
		return false, lockHolders(ctx, tx, w, p.WaitsForID)
	case p.WaitingFor == storelink.WaitForConsent:
		return freshGrant(ctx, tx, w)
	}
	return false, nil
}

// freshGrant locks against sign-ins alone: the weaker lock lets asks refer to the organization.
func freshGrant(ctx context.Context, tx pgx.Tx, w *storelink.Work) (bool, error) {
	if _, err := tx.Exec(ctx, `SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE`, w.OrganizationID); err != nil {
		return false, wrap("lock organization", err)
	}
	var fresh bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM grants WHERE organization_id = $1 AND state = 'active' AND updated_at > $2)`,
		w.OrganizationID, w.ClaimedAt).Scan(&fresh)
	return fresh, wrap("look for a grant", err)
}

func (db *DB) pauseWork(ctx context.Context, tx pgx.Tx, w *storelink.Work, p storelink.Pause) error {
	args := append(seenArgs(w), w.Settled, p.WaitingFor, p.Code, p.Message, w.ClaimedAt, p.In.Seconds(), w.DueFor, p.WaitsForID)
	var one int
	err := tx.QueryRow(ctx, `
		WITH saved AS (
			UPDATE mappings SET `+setWork+`,`+seenNow+`,
				state = CASE WHEN $24 THEN state WHEN $25 = '' THEN 'pending' ELSE 'waiting' END,
				code  = CASE WHEN $24 THEN code ELSE NULLIF($26, '') END,
				upstream_message = CASE WHEN $24 THEN upstream_message ELSE $27 END,
				waiting_for = CASE WHEN $24 THEN waiting_for ELSE NULLIF($25, '') END,
				waiting_since = CASE WHEN $24 OR waiting_for = $25 THEN waiting_since WHEN $25 = '' THEN NULL ELSE storelink_now() END,
				attempts = attempts + CASE WHEN $25 = '' THEN 0 ELSE 1 END,
				due_at  = CASE WHEN due_at > $28 THEN due_at ELSE storelink_now() + make_interval(secs => $29) END,
				due_for = CASE WHEN due_at > $28 THEN due_for ELSE $30 END,
				waits_for_id = NULLIF($31, ''),
				lease_token = NULL, leased_until = NULL
			WHERE id = $1 AND lease_token = $2 AND generation = $3
			RETURNING id
		), seen AS (`+seen+`)
		SELECT 1 FROM saved`, db.workArgs(w, args...)...).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return storelink.ErrLeaseLost
	}
	if err != nil {
		return wrap("pause mapping", err)
	}
	// One that begins to wait lets others have what it may restore.
	ids := moved(w)
	if p.WaitsForID != "" {
		ids = touched(w)
	}
	if len(ids) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, wakeWaiters, ids, workChannel)
	return wrap("wake waiters", err)
}

// HandBack releases the lease of a pass that stopped half way, with what is known of its writes, whatever the
// generation is by now, and wakes the workers. A lease that is another's by now is left alone.
func (db *DB) HandBack(ctx context.Context, w *storelink.Work) error {
	batch := &pgx.Batch{}
	saved := batch.Queue(`
		WITH saved AS (
			UPDATE mappings SET
				observed_local_id = NULLIF($3, ''),
				observed_at = CASE WHEN $4 THEN storelink_now() ELSE observed_at END,
				left_local_id = CASE WHEN $12 <> $3 THEN COALESCE(NULLIF($12, ''), left_local_id) ELSE left_local_id END,
				left_at     = CASE WHEN $12 <> $3 AND $12 <> '' THEN storelink_now() ELSE left_at END,
				tried_ids   = $5,
				restore_local_id = NULLIF($6, ''),
				intent_call = NULL, intent_local_id = NULL,
				verify_at   = storelink_now() + make_interval(secs => $7),
				late_delete = $8, late_post = $9,
				lease_token = NULL, leased_until = NULL, updated_at = storelink_now()
			WHERE id = $1 AND lease_token = $2
			RETURNING id
		), seen AS (
			INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, request_id, run_id)
			SELECT $10::uuid, saved.id, $11, 'observed', NULLIF($12, ''), NULLIF($3, ''), $13, NULLIF($14, '')::uuid
			FROM saved WHERE $12 <> $3
		)
		SELECT count(pg_notify($15, ''))::int FROM saved HAVING count(*) > 0`,
		append([]any{
			w.MappingID, w.LeaseToken, w.Observed.LocalStoreID, w.ObservedNow, orEmpty(w.Tried), w.Restore,
			db.verifyIn(w), w.LateDelete, w.LatePost,
		}, append(seenArgs(w), workChannel)...)...)
	err := db.write(ctx, "hand back lease", batch, saved, moved(w))
	if errors.Is(err, storelink.ErrLeaseLost) {
		return nil
	}
	return err
}

func (db *DB) verifyIn(w *storelink.Work) *float64 {
	if w.VerifyAt.IsZero() {
		return nil
	}
	in := w.VerifyAt.Sub(db.now()).Seconds()
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
