package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Claim leases mappings that are due and not leased, as many as there is room for: interactive work and stores without
// their connection first, oldest first; then background work, organizations in turn; then looks for drift, oldest first. A claim that finds an intent
// without its answer takes it as a write that was not answered: it began while its lease had a second left, at the latest.
// A mapping stays due until its look has ended, also one that verify asked for, so that another takes it up where this
// pass dies. What became due at the same instant, as the items of one run do, goes in the order of its ids.
func (db *DB) Claim(ctx context.Context, room storelink.Room, lateness time.Duration) ([]*storelink.Work, error) {
	rows, err := db.leases.Query(ctx, claimDue, room.All, lateness.Seconds(), room.Background, orZero(room.After), room.Drift)
	if err != nil {
		return nil, wrap("claim", err)
	}
	work, err := pgx.CollectRows(rows, db.scanWork)
	return work, wrap("claim", err)
}

// The organizations with background work are found by one step of an index each, whatever they have to do.
const claimDue = `
	WITH RECURSIVE interactive AS (
		SELECT id FROM mappings
		WHERE (lane = 'interactive' OR restore_local_id IS NOT NULL)
		  AND wake_at <= (SELECT storelink_now()) AND (leased_until IS NULL OR leased_until <= (SELECT storelink_now()))
		ORDER BY wake_at, id LIMIT $1
		FOR UPDATE SKIP LOCKED
	), turns AS (
		(SELECT organization_id, wake_at FROM mappings
		 WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL
		 ORDER BY organization_id, wake_at LIMIT 1)
		UNION ALL
		SELECT n.organization_id, n.wake_at FROM turns t CROSS JOIN LATERAL (
			SELECT organization_id, wake_at FROM mappings
			WHERE wake_at IS NOT NULL AND lane = 'background' AND restore_local_id IS NULL AND organization_id > t.organization_id
			ORDER BY organization_id, wake_at LIMIT 1) n
	), room AS (
		SELECT LEAST($3::int, $1::int - (SELECT count(*) FROM interactive)::int) AS size
	), background AS (
		SELECT m.id FROM turns t CROSS JOIN LATERAL (
			SELECT id FROM mappings
			WHERE organization_id = t.organization_id AND lane = 'background' AND restore_local_id IS NULL
			  AND wake_at <= (SELECT storelink_now()) AND (leased_until IS NULL OR leased_until <= (SELECT storelink_now()))
			ORDER BY wake_at, id
			LIMIT GREATEST(1, (SELECT size FROM room) / (SELECT count(*) FROM turns WHERE wake_at <= (SELECT storelink_now())))
			FOR UPDATE SKIP LOCKED) m
		WHERE (SELECT size FROM room) > 0 AND t.wake_at <= (SELECT storelink_now())
		ORDER BY t.organization_id <= $4::uuid, t.organization_id
		LIMIT GREATEST(0, (SELECT size FROM room))
	), drift AS (
		SELECT id FROM mappings
		WHERE lane = 'drift' AND restore_local_id IS NULL
		  AND wake_at <= (SELECT storelink_now()) AND (leased_until IS NULL OR leased_until <= (SELECT storelink_now()))
		ORDER BY wake_at, id
		LIMIT GREATEST(0, LEAST($5::int, $1::int - (SELECT count(*) FROM interactive)::int - (SELECT count(*) FROM background)::int))
		FOR UPDATE SKIP LOCKED
	)
	UPDATE mappings m SET
		lease_token  = gen_random_uuid(),
		leased_until = (SELECT storelink_now()) + interval '3 seconds',
		claimed_generation = generation,
		due_at       = LEAST(due_at, verify_at),
		due_for      = CASE WHEN verify_at <= storelink_now() THEN 'ask' ELSE due_for END,
		verify_at    = CASE WHEN intent_call IS NULL THEN verify_at
		               ELSE GREATEST(verify_at, leased_until - interval '1 second' + make_interval(secs => $2)) END,
		late_delete  = late_delete OR COALESCE(intent_call = 'delete', false),
		late_post    = late_post OR COALESCE(intent_call = 'post', false),
		intent_call  = NULL,
		intent_local_id = NULL,
		waits_for_id = NULL
	FROM (SELECT id FROM interactive UNION SELECT id FROM background UNION SELECT id FROM drift) due WHERE m.id = due.id
	RETURNING m.id, m.lease_token, m.organization_id, m.brand_id, m.store_id, m.lane, m.generation,
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
		COALESCE((SELECT request_id FROM runs r WHERE r.id = m.run_id), ''),
		COALESCE((SELECT traceparent FROM runs r WHERE r.id = m.run_id), ''), storelink_now(),
		COALESCE((SELECT drift_policy FROM organizations o WHERE o.id = m.organization_id), ''),
		CASE WHEN m.heals_since > storelink_now() - interval '1 day' THEN m.heals ELSE 0 END`

func (db *DB) scanWork(row pgx.CollectableRow) (*storelink.Work, error) {
	var (
		w        storelink.Work
		refusal  storelink.Refusal
		verifyIn *float64
	)
	err := row.Scan(&w.MappingID, &w.LeaseToken, &w.OrganizationID, &w.Store.BrandID, &w.Store.StoreID, &w.Lane, &w.Generation,
		&w.Settled, &w.Desired.Kind, &w.Desired.LocalStoreID,
		&w.Asked.Kind, &w.Asked.LocalStoreID, &w.Before.Kind, &w.Before.LocalStoreID,
		&w.State, &w.Code, &w.DueFor,
		&w.Stored.Known, &w.Stored.LocalStoreID,
		&w.First.Known, &w.First.LocalStoreID, &w.Named, &w.Tried, &w.ReplacesAny,
		&w.Restore, &refusal.Code, &refusal.Message,
		&verifyIn, &w.LateDelete, &w.LatePost, &w.Attempts,
		&w.RunID, &w.ItemNumber, &w.RequestID, &w.TraceParent, &w.ClaimedAt, &w.Policy, &w.Heals)
	if err != nil {
		return nil, err
	}
	w.Observed, w.StoredRestore = w.Stored, w.Restore
	if refusal.Code != "" {
		w.Refused = &refusal
	}
	if verifyIn != nil {
		w.VerifyAt = db.now().Add(time.Duration(*verifyIn * float64(time.Second)))
	}
	return &w, nil
}

// Renew prolongs the leases by 3 s, all in one statement, and returns the tokens of those that it prolonged, and of those
// that are gone. A row that somebody holds at the moment is passed over, so that one long transaction does not let the
// other leases lapse.
func (db *DB) Renew(ctx context.Context, leases []storelink.Lease) (renewed, gone []string, err error) {
	ids, tokens := make([]string, len(leases)), make([]string, len(leases))
	for i, l := range leases {
		ids[i], tokens[i] = l.MappingID, l.Token
	}
	rows, err := db.leases.Query(ctx, `
		WITH asked AS (
			SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS a (id, token)
		), mine AS (
			SELECT m.id FROM mappings m JOIN asked a ON a.id = m.id AND a.token = m.lease_token
			ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
		), prolonged AS (
			UPDATE mappings m SET leased_until = storelink_now() + interval '3 seconds'
			FROM mine WHERE m.id = mine.id
			RETURNING m.id, m.lease_token
		)
		SELECT a.token::text, p.id IS NOT NULL, m.id IS NULL
		FROM asked a
		LEFT JOIN prolonged p ON p.id = a.id AND p.lease_token = a.token
		LEFT JOIN mappings m ON m.id = a.id AND m.lease_token = a.token`, ids, tokens)
	if err != nil {
		return nil, nil, wrap("renew leases", err)
	}
	var token string
	var prolonged, missing bool
	_, err = pgx.ForEachRow(rows, []any{&token, &prolonged, &missing}, func() error {
		switch {
		case prolonged:
			renewed = append(renewed, token)
		case missing:
			gone = append(gone, token)
		}
		return nil
	})
	return renewed, gone, wrap("renew leases", err)
}

func orZero(id string) string {
	if id == "" {
		return "00000000-0000-0000-0000-000000000000"
	}
	return id
}
