package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const signinColumns = `id, state_hash, browser_hash, sealed_verifier, sealed_code, return_to,
	COALESCE(replaces_session_id::text, ''), COALESCE(connect_session_id::text, ''), client_address, consumed_at IS NOT NULL, expires_at <= storelink_now(),
	COALESCE(storelink_now() - consumed_at, interval '0')`

// CreateSignin stores a sign-in that expires after ttl.
func (db *DB) CreateSignin(ctx context.Context, s storelink.Signin, ttl time.Duration) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO signins (id, state_hash, browser_hash, sealed_verifier, return_to, replaces_session_id, client_address, expires_at, connect_session_id)
		VALUES ($1, $2, $3, $4, $5, NULLIF($6, '')::uuid, $7, storelink_now() + $8::interval, COALESCE(
			(SELECT id FROM connect_sessions WHERE holder_hash = $9),
			(SELECT connect_session_id FROM sessions WHERE id = NULLIF($6, '')::uuid)))`,
		s.ID, s.StateHash, s.BrowserHash, s.SealedVerifier, s.ReturnTo, s.ReplacesSessionID, s.ClientAddress, ttl, s.HolderHash)
	return wrap("create sign-in", err)
}

// FindSigninByState returns the sign-in of the hashed state and changes nothing, or storelink.ErrNotFound.
func (db *DB) FindSigninByState(ctx context.Context, stateHash []byte) (storelink.Signin, error) {
	return db.findSignin(ctx, `state_hash = $1`, stateHash)
}

// FindSigninByBrowser returns the sign-in of the hashed browser secret whose callback came, or storelink.ErrNotFound.
func (db *DB) FindSigninByBrowser(ctx context.Context, browserHash []byte) (storelink.Signin, error) {
	return db.findSignin(ctx, `browser_hash = $1 AND consumed_at IS NOT NULL`, browserHash)
}

func (db *DB) findSignin(ctx context.Context, where string, arg []byte) (storelink.Signin, error) {
	var s storelink.Signin
	err := db.pool.QueryRow(ctx, `SELECT `+signinColumns+` FROM signins WHERE `+where, arg).
		Scan(&s.ID, &s.StateHash, &s.BrowserHash, &s.SealedVerifier, &s.SealedCode, &s.ReturnTo,
			&s.ReplacesSessionID, &s.ConnectSessionID, &s.ClientAddress, &s.Consumed, &s.Expired, &s.SinceCallback)
	return s, wrap("find sign-in", err)
}

// ConsumeSignin uses up the sign-in's state and reports whether this call did: of several, one.
func (db *DB) ConsumeSignin(ctx context.Context, id, clientAddress string) (bool, error) {
	tag, err := db.pool.Exec(ctx, `
		UPDATE signins SET consumed_at = storelink_now(), client_address = $2 WHERE id = $1 AND consumed_at IS NULL`,
		id, clientAddress)
	return tag.RowsAffected() == 1, wrap("consume sign-in", err)
}

// ParkSignin keeps the sealed code of a sign-in that must wait for the token endpoint. It returns
// storelink.ErrTooManyRequests where perAddress sign-ins of its address or total sign-ins wait already.
func (db *DB) ParkSignin(ctx context.Context, egress, id string, sealedCode []byte, perAddress, total int) error {
	return db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := lockTokenBudget(ctx, tx, egress); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			WITH waiting AS (
				SELECT w.client_address = me.client_address AS same FROM signins w, signins me
				WHERE me.id = $1 AND w.sealed_code IS NOT NULL AND w.consumed_at > storelink_now() - $5::interval)
			UPDATE signins SET sealed_code = $2, waiting_since = storelink_now()
			WHERE id = $1 AND (SELECT count(*) FROM waiting WHERE same) < $3 AND (SELECT count(*) FROM waiting) < $4`,
			id, sealedCode, perAddress, total, storelink.SigninPatience)
		if err != nil {
			return wrap("park sign-in", err)
		}
		if tag.RowsAffected() == 0 {
			return storelink.Errorf(storelink.ErrTooManyRequests, "too many sign-ins are waiting")
		}
		return nil
	})
}

// ForgetCode drops the sealed code of a sign-in that waited in vain.
func (db *DB) ForgetCode(ctx context.Context, id string) error {
	_, err := db.pool.Exec(ctx, `UPDATE signins SET sealed_code = NULL WHERE id = $1`, id)
	return wrap("forget code", err)
}

// SweepSignins deletes sign-ins a day after they expired (until then a late callback learns that it is late) and drops
// codes that waited in vain.
func (db *DB) SweepSignins(ctx context.Context) error {
	return db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE signins SET sealed_code = NULL
			WHERE sealed_code IS NOT NULL AND consumed_at < storelink_now() - $1::interval`, storelink.SigninPatience)
		if err != nil {
			return wrap("drop codes", err)
		}
		_, err = tx.Exec(ctx, `DELETE FROM signins WHERE expires_at < storelink_now() - interval '1 day'`)
		return wrap("sweep sign-ins", err)
	})
}
