package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// liveSession is the condition on a session s that is neither ended nor past its limits: $2 idle, $3 absolute.
const liveSession = `s.ended_at IS NULL
	AND s.seen_at > storelink_now() - $2::interval
	AND s.created_at > storelink_now() - $3::interval`

// FindSession returns the live session of the hashed cookie with its organization and grant, and notes at most once a
// minute that it was used. It returns storelink.ErrNotFound where there is none.
func (db *DB) FindSession(ctx context.Context, cookieHash []byte, l storelink.SessionLimits) (storelink.Session, error) {
	var s storelink.Session
	var stale bool
	var p storelink.Permission
	var permitted *string
	err := db.pool.QueryRow(ctx, `
		SELECT s.id, s.created_at, s.seen_at < storelink_now() - $4::interval, o.id, o.name,
			c.id::text, COALESCE(c.minted_by, ''), COALESCE(c.return_to, ''),
			CASE WHEN c.revoked_at IS NULL AND c.ended_at IS NULL AND c.organization_id = s.organization_id THEN c.local_ids ELSE '{}' END,
			`+grantColumns+`
		FROM sessions s JOIN organizations o ON o.id = s.organization_id JOIN grants g ON g.id = s.grant_id
		LEFT JOIN connect_sessions c ON c.id = s.connect_session_id
		WHERE s.cookie_hash = $1 AND `+liveSession,
		cookieHash, l.Idle, l.Max, min(time.Minute, l.Idle/4)).
		Scan(append([]any{&s.ID, &s.CreatedAt, &stale, &s.Organization.ID, &s.Organization.Name,
			&permitted, &p.MintedBy, &p.ReturnTo, &p.LocalIDs}, grantFields(&s.Grant)...)...)
	if err != nil {
		return storelink.Session{}, wrap("find session", err)
	}
	if permitted != nil {
		p.ConnectSessionID = *permitted
		s.Permission = &p
	}
	if stale {
		return s, db.touchSession(ctx, s.ID)
	}
	return s, nil
}

// touchSession does not wait where the row is locked: whoever holds it is using the session.
func (db *DB) touchSession(ctx context.Context, id string) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE sessions SET seen_at = storelink_now()
		WHERE id IN (SELECT id FROM sessions WHERE id = $1 AND ended_at IS NULL FOR UPDATE SKIP LOCKED)`, id)
	return wrap("touch session", err)
}

// SessionAlive returns storelink.ErrNotFound where the session has ended or is past its limits. It does not count as use.
func (db *DB) SessionAlive(ctx context.Context, id string, l storelink.SessionLimits) error {
	var one int
	err := db.pool.QueryRow(ctx, `SELECT 1 FROM sessions s WHERE s.id = $1 AND `+liveSession, id, l.Idle, l.Max).Scan(&one)
	return wrap("look at session", err)
}

// EndSession ends the session of the hashed cookie, and what a connect session allowed it. To end one that is not there is no error.
func (db *DB) EndSession(ctx context.Context, cookieHash []byte) error {
	_, err := db.pool.Exec(ctx, `
		WITH ended AS (
			UPDATE sessions SET ended_at = storelink_now() WHERE cookie_hash = $1 AND ended_at IS NULL RETURNING connect_session_id)
		UPDATE connect_sessions c SET ended_at = storelink_now() FROM ended
		WHERE c.id = ended.connect_session_id AND c.ended_at IS NULL`, cookieHash)
	return wrap("end session", err)
}

// CompleteSignin stores what a sign-in brought in one transaction: the organization, the grant and the session; the
// replaced session ends, and mappings that wait for consent are due at once. The organization's row is locked
// meanwhile, so that nobody sets a mapping to waiting between the two.
func (db *DB) CompleteSignin(ctx context.Context, in storelink.SignedIn) error {
	return db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := endReplaced(ctx, tx, in.ReplacesSessionID)
		if err != nil {
			return err
		}
		if err := upsertOrganization(ctx, tx, in.Organization); err != nil {
			return err
		}
		if err := insertGrant(ctx, tx, in.Organization.ID, in.Grant); err != nil {
			return err
		}
		connectID, err := takeOver(ctx, tx, in, before)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO sessions (id, cookie_hash, organization_id, grant_id, connect_session_id) VALUES ($1, $2, $3, $4, $5)`,
			newID(), in.CookieHash, in.Organization.ID, in.Grant.ID, connectID)
		if err != nil {
			return wrap("insert session", err)
		}
		return wakeWaiting(ctx, tx, in.Organization.ID)
	})
}

// endReplaced ends the replaced session and returns the connect session that it had.
func endReplaced(ctx context.Context, tx pgx.Tx, id string) (*string, error) {
	var connectID *string
	err := wrap("end replaced session", tx.QueryRow(ctx, `
		UPDATE sessions SET ended_at = storelink_now() WHERE id = NULLIF($1, '')::uuid AND ended_at IS NULL
		RETURNING connect_session_id::text`, id).Scan(&connectID))
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		return nil, nil
	}
	return connectID, err
}

// takeOver returns the connect session that the new session has: the one that the sign-in began with, where the
// organization may have it. What the replaced session had and the new one has not, ends.
func takeOver(ctx context.Context, tx pgx.Tx, in storelink.SignedIn, before *string) (*string, error) {
	if in.ConnectSessionID == "" {
		return nil, endConnectSession(ctx, tx, before)
	}
	bound, err := bindConnectSession(ctx, tx, in.ConnectSessionID, in.Organization.ID)
	if err != nil {
		return nil, err
	}
	if !bound {
		return nil, endConnectSession(ctx, tx, before)
	}
	if before != nil && *before != in.ConnectSessionID {
		err = endConnectSession(ctx, tx, before)
	}
	return &in.ConnectSessionID, err
}

// wakeWaiting makes the organization's mappings that wait for consent due, locked in the order of their ids.
func wakeWaiting(ctx context.Context, tx pgx.Tx, organizationID string) error {
	_, err := tx.Exec(ctx, `
		WITH waiting AS (
			SELECT id FROM mappings WHERE organization_id = $1 AND waiting_for = 'consent' ORDER BY id FOR UPDATE)
		UPDATE mappings m SET due_at = (SELECT storelink_now()), due_for = COALESCE(m.due_for, 'ask')
		FROM waiting WHERE m.id = waiting.id`, organizationID)
	if err != nil {
		return wrap("wake waiting mappings", err)
	}
	return notify(ctx, tx, workChannel, "")
}

// SweepSessions deletes sessions that ended or passed their limits.
func (db *DB) SweepSessions(ctx context.Context, l storelink.SessionLimits) error {
	_, err := db.pool.Exec(ctx, `
		DELETE FROM sessions WHERE ended_at IS NOT NULL
			OR seen_at <= storelink_now() - $1::interval OR created_at <= storelink_now() - $2::interval`, l.Idle, l.Max)
	return wrap("sweep sessions", err)
}
