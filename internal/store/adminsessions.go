package store

import (
	"context"
	"time"

	"storelink"
)

// liveAdminSession is the condition on one that is within its limits: $2 idle, $3 absolute.
const liveAdminSession = `seen_at > storelink_now() - $2::interval AND created_at > storelink_now() - $3::interval`

// InsertAdminSession keeps a session of the token with that hash.
func (db *DB) InsertAdminSession(ctx context.Context, cookieHash, tokenHash []byte) error {
	_, err := db.admin.Exec(ctx, `INSERT INTO admin_sessions (id, cookie_hash, token_hash) VALUES ($1, $2, $3)`,
		newID(), cookieHash, tokenHash)
	return wrap("insert admin session", err)
}

// FindAdminSession returns the live session of the hashed cookie, and notes at most once a minute that it was used. It
// returns storelink.ErrNotFound where there is none.
func (db *DB) FindAdminSession(ctx context.Context, cookieHash []byte, l storelink.SessionLimits) (storelink.AdminSession, error) {
	var s storelink.AdminSession
	var stale bool
	err := db.admin.QueryRow(ctx, `
		SELECT id, token_hash, created_at + $3::interval, seen_at < storelink_now() - $4::interval
		FROM admin_sessions WHERE cookie_hash = $1 AND `+liveAdminSession,
		cookieHash, l.Idle, l.Max, min(time.Minute, l.Idle/4)).Scan(&s.ID, &s.TokenHash, &s.ExpiresAt, &stale)
	if err != nil || !stale {
		return s, wrap("find admin session", err)
	}
	_, err = db.admin.Exec(ctx, `UPDATE admin_sessions SET seen_at = storelink_now() WHERE id = $1`, s.ID)
	return s, wrap("touch admin session", err)
}

// AdminSessionAlive returns storelink.ErrNotFound where the session has ended or is past its limits. It does not count
// as use.
func (db *DB) AdminSessionAlive(ctx context.Context, id string, l storelink.SessionLimits) error {
	var one int
	err := db.admin.QueryRow(ctx, `SELECT 1 FROM admin_sessions WHERE id = $1 AND `+liveAdminSession, id, l.Idle, l.Max).Scan(&one)
	return wrap("look at admin session", err)
}

// EndAdminSession ends the session of the hashed cookie. To end one that is not there is no error.
func (db *DB) EndAdminSession(ctx context.Context, cookieHash []byte) error {
	_, err := db.admin.Exec(ctx, `DELETE FROM admin_sessions WHERE cookie_hash = $1`, cookieHash)
	return wrap("end admin session", err)
}

// SweepAdminSessions deletes sessions that are past their limits.
func (db *DB) SweepAdminSessions(ctx context.Context, l storelink.SessionLimits) error {
	_, err := db.pool.Exec(ctx, `
		DELETE FROM admin_sessions
		WHERE seen_at <= storelink_now() - $1::interval OR created_at <= storelink_now() - $2::interval`, l.Idle, l.Max)
	return wrap("sweep admin sessions", err)
}
