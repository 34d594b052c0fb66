package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"storelink"
)

// InsertConnectSession keeps a link for ttl and returns it with its times, and with the ids of its group where it has one.
// It returns storelink.ErrInvalid where the catalogue does not know the group.
func (db *DB) InsertConnectSession(ctx context.Context, c storelink.ConnectSession, secretHash []byte, ttl time.Duration) (storelink.ConnectSession, error) {
	c.ID = newID()
	err := db.admin.QueryRow(ctx, `
		INSERT INTO connect_sessions (id, secret_hash, minted_by, local_ids, organization_id, return_to, expires_at, group_name)
		VALUES ($1, $2, $3,
			CASE WHEN $8 = '' THEN $4::text[] ELSE ARRAY(SELECT id FROM local_stores WHERE group_name = $8 ORDER BY id COLLATE "C") END,
			NULLIF($5, '')::uuid, $6, storelink_now() + $7::interval, $8) RETURNING created_at, expires_at, local_ids`,
		c.ID, secretHash, c.MintedBy, c.LocalIDs, c.OrganizationID, c.ReturnTo, ttl, c.Group).Scan(&c.CreatedAt, &c.ExpiresAt, &c.LocalIDs)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.ConstraintName == "connect_sessions_local_ids_check" {
		e := storelink.Errorf(storelink.ErrInvalid, "the link would allow nothing")
		e.Fields = []storelink.FieldError{{Pointer: "/group", Detail: "is no group of the catalogue"}}
		return c, e
	}
	return c, wrap("insert connect session", err)
}

// RedeemConnectSession uses up the link. Where a session is given whose organization may have it, the session gets it;
// else whoever has the secret of holderHash, once they sign in. It returns storelink.ErrNotFound where the link opens
// nothing.
func (db *DB) RedeemConnectSession(ctx context.Context, secretHash, holderHash []byte, sessionID string) (c storelink.ConnectSession, bound bool, err error) {
	err = db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			UPDATE connect_sessions SET redeemed_at = storelink_now(), holder_hash = $2
			WHERE secret_hash = $1 AND redeemed_at IS NULL AND revoked_at IS NULL AND expires_at > storelink_now()
			RETURNING id::text, local_ids, COALESCE(organization_id::text, ''), return_to`, secretHash, holderHash).
			Scan(&c.ID, &c.LocalIDs, &c.OrganizationID, &c.ReturnTo)
		if err != nil || sessionID == "" {
			return wrap("redeem connect session", err)
		}
		var before *string
		var organizationID string
		err = tx.QueryRow(ctx, `
			SELECT connect_session_id::text, organization_id::text FROM sessions WHERE id = $1 AND ended_at IS NULL FOR UPDATE`, sessionID).
			Scan(&before, &organizationID)
		if storelink.CodeOf(wrap("lock session", err)) == storelink.ErrNotFound {
			return nil
		}
		if err != nil {
			return wrap("lock session", err)
		}
		if bound, err = bindConnectSession(ctx, tx, c.ID, organizationID); err != nil || !bound {
			return err
		}
		c.OrganizationID = organizationID
		if _, err := tx.Exec(ctx, `UPDATE sessions SET connect_session_id = $2 WHERE id = $1`, sessionID, c.ID); err != nil {
			return wrap("give session its permission", err)
		}
		return endConnectSession(ctx, tx, before)
	})
	return c, bound, err
}

// bindConnectSession gives a redeemed connect session to the organization, and reports whether that one may have it.
func bindConnectSession(ctx context.Context, tx pgx.Tx, id, organizationID string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE connect_sessions SET organization_id = $2, bound_at = COALESCE(bound_at, storelink_now()), holder_hash = NULL
		WHERE id = $1 AND revoked_at IS NULL AND ended_at IS NULL AND (organization_id IS NULL OR organization_id = $2)
			AND (bound_at IS NOT NULL OR redeemed_at > storelink_now() - $3::interval)`,
		id, organizationID, storelink.ConnectPatience)
	return tag.RowsAffected() == 1, wrap("bind connect session", err)
}

// endConnectSession ends what a session had, where it had something.
func endConnectSession(ctx context.Context, tx pgx.Tx, id *string) error {
	if id == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `
		UPDATE connect_sessions SET ended_at = storelink_now() WHERE id = $1 AND bound_at IS NOT NULL AND ended_at IS NULL`, *id)
	return wrap("end connect session", err)
}

// FindConnectSessions returns connect sessions, newest first.
func (db *DB) FindConnectSessions(ctx context.Context, p storelink.Page) (storelink.List[storelink.ConnectSession], error) {
	list := storelink.List[storelink.ConnectSession]{AsOf: time.Now().UTC()}
	after, args := "", []any{p.Limit + 1}
	if len(p.After) == 1 {
		after, args = `WHERE id < $2::uuid`, append(args, p.After[0])
	}
	rows, err := db.admin.Query(ctx, `
		SELECT id::text, CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN ended_at IS NOT NULL THEN 'ended'
				WHEN redeemed_at IS NOT NULL AND bound_at IS NULL AND redeemed_at <= storelink_now() - $`+fmt.Sprint(len(args)+1)+`::interval THEN 'expired'
				WHEN redeemed_at IS NOT NULL THEN 'redeemed' WHEN expires_at <= storelink_now() THEN 'expired' ELSE 'open' END,
			minted_by, group_name, local_ids, COALESCE(organization_id::text, ''), return_to, created_at, expires_at, redeemed_at,
			COALESCE(revoked_at, ended_at)
		FROM connect_sessions `+after+` ORDER BY id DESC LIMIT $1`, append(args, storelink.ConnectPatience)...)
	if err != nil {
		return list, wrap("find connect sessions", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[storelink.ConnectSession])
	if err != nil {
		return list, wrap("find connect sessions", err)
	}
	list.Items, list.Next = cut(found, p.Limit, func(c storelink.ConnectSession) []string { return []string{c.ID} })
	return list, nil
}

// RevokeConnectSession ends the link and the permission of who redeemed it. It returns storelink.ErrNotFound where there
// is none.
func (db *DB) RevokeConnectSession(ctx context.Context, id string) error {
	var one int
	err := db.admin.QueryRow(ctx, `
		UPDATE connect_sessions SET revoked_at = COALESCE(revoked_at, storelink_now()), holder_hash = NULL WHERE id = $1 RETURNING 1`, id).Scan(&one)
	return wrap("revoke connect session", err)
}

// SweepConnectSessions deletes connect sessions that no session has, some days after they were made.
func (db *DB) SweepConnectSessions(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `
		DELETE FROM connect_sessions c WHERE created_at < storelink_now() - $1::interval
			AND NOT EXISTS (SELECT FROM sessions s WHERE s.connect_session_id = c.id)`, storelink.ConnectKept)
	return wrap("sweep connect sessions", err)
}
