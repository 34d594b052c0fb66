package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// spent is the condition on a grant g that has expired and that nothing can refresh.
const spent = `(g.state = 'active' AND g.sealed_refresh IS NULL AND g.expires_at <= storelink_now())`

const grantColumns = `g.id, g.organization_id, g.scopes,
	CASE WHEN ` + spent + ` THEN 'reauthorization_required' ELSE g.state END,
	CASE WHEN ` + spent + ` THEN 'the consent has expired' ELSE g.reason END,
	g.expires_at, g.sealed_refresh IS NOT NULL, g.created_at`

func grantFields(g *storelink.Grant) []any {
	return []any{&g.ID, &g.OrganizationID, &g.Scopes, &g.State, &g.Reason, &g.ExpiresAt, &g.Refreshable, &g.CreatedAt}
}

// A grant's row changes with its tokens or at its end only, so that updated_at says when a live token came.
const sealedGrantColumns = grantColumns + `, g.sealed_access, g.sealed_refresh, g.token_version,
	g.expires_at - g.updated_at, g.expires_at - storelink_now(), COALESCE(g.refreshing_until > storelink_now(), false)`

func scanSealedGrant(row pgx.CollectableRow) (storelink.SealedGrant, error) {
	var g storelink.SealedGrant
	err := row.Scan(append(grantFields(&g.Grant),
		&g.SealedAccess, &g.SealedRefresh, &g.TokenVersion, &g.Lifetime, &g.Left, &g.Refreshing)...)
	return g, err
}

// refreshGrace is how long after a refresh a refused token is taken for the one before.
const refreshGrace = 30 * time.Second

func insertGrant(ctx context.Context, tx pgx.Tx, organizationID string, g storelink.SealedGrant) error {
	_, err := tx.Exec(ctx, `
		WITH clock AS (SELECT storelink_now() AS now)
		INSERT INTO grants (id, organization_id, scopes, sealed_access, sealed_refresh, expires_at, created_at, updated_at)
		SELECT $1, $2, $3, $4, $5, now + $6::interval, now, now FROM clock`,
		g.ID, organizationID, g.Scopes, g.SealedAccess, g.SealedRefresh, g.Lifetime)
	return wrap("insert grant", err)
}

// FindGrant returns the grant with its sealed tokens, or storelink.ErrNotFound.
func (db *DB) FindGrant(ctx context.Context, id string) (storelink.SealedGrant, error) {
	rows, err := db.pool.Query(ctx, `SELECT `+sealedGrantColumns+` FROM grants g WHERE g.id = $1`, id)
	if err != nil {
		return storelink.SealedGrant{}, wrap("find grant", err)
	}
	g, err := pgx.CollectExactlyOneRow(rows, scanSealedGrant)
	return g, wrap("find grant", err)
}

// UsableGrants returns the organization's grants that are active and hold the scope, at most 50, those that expire last
// first.
func (db *DB) UsableGrants(ctx context.Context, organizationID, scope string) ([]storelink.SealedGrant, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT `+sealedGrantColumns+` FROM grants g
		WHERE g.organization_id = $1 AND g.state = 'active' AND NOT `+spent+` AND $2 = ANY (g.scopes)
		ORDER BY g.expires_at DESC, g.id DESC LIMIT 50`, organizationID, scope)
	if err != nil {
		return nil, wrap("find usable grants", err)
	}
	grants, err := pgx.CollectRows(rows, scanSealedGrant)
	return grants, wrap("find usable grants", err)
}

// LacksScope reports whether the organization has an active grant though none of its grants, dead ones included, holds
// the scope: giving consent again would not help.
func (db *DB) LacksScope(ctx context.Context, organizationID, scope string) (bool, error) {
	var lacks bool
	err := db.pool.QueryRow(ctx, `
		SELECT COALESCE(bool_or(g.state = 'active' AND NOT `+spent+`) AND NOT bool_or($2 = ANY (g.scopes)), false)
		FROM grants g WHERE g.organization_id = $1`, organizationID, scope).Scan(&lacks)
	return lacks, wrap("look for scope", err)
}

// ClaimRefresh loads the grant anew under its lock and claims its refresh for d, over all replicas, where its tokens
// are still those of version, it is active, and nobody else has the claim. It returns the grant either way, or
// storelink.ErrNotFound.
func (db *DB) ClaimRefresh(ctx context.Context, id string, version int64, d time.Duration) (g storelink.SealedGrant, claimed bool, err error) {
	err = db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+sealedGrantColumns+` FROM grants g WHERE g.id = $1 FOR UPDATE`, id)
		if err != nil {
			return wrap("lock grant", err)
		}
		if g, err = pgx.CollectExactlyOneRow(rows, scanSealedGrant); err != nil {
			return wrap("lock grant", err)
		}
		if g.State != storelink.GrantActive || g.TokenVersion != version || g.Refreshing {
			return nil
		}
		claimed = true
		_, err = tx.Exec(ctx, `UPDATE grants SET refreshing_until = storelink_now() + $2::interval WHERE id = $1`, id, d)
		return wrap("claim refresh", err)
	})
	return g, claimed && err == nil, err
}

// ReleaseRefresh gives up the claim on the grant's refresh.
func (db *DB) ReleaseRefresh(ctx context.Context, id string, version int64) error {
	_, err := db.pool.Exec(ctx, `UPDATE grants SET refreshing_until = NULL WHERE id = $1 AND token_version = $2`, id, version)
	return wrap("release refresh", err)
}

// SaveRefresh stores the new tokens, scopes and lifetime where the grant is still there, active, and of g's version,
// and reports whether it was.
func (db *DB) SaveRefresh(ctx context.Context, g storelink.SealedGrant) (bool, error) {
	tag, err := db.pool.Exec(ctx, `
		WITH clock AS (SELECT storelink_now() AS now)
		UPDATE grants SET sealed_access = $3, sealed_refresh = $4, scopes = $5, expires_at = now + $6::interval,
			updated_at = now, refreshed_at = now, token_version = token_version + 1, refreshing_until = NULL
		FROM clock WHERE id = $1 AND token_version = $2 AND state = 'active'`,
		g.ID, g.TokenVersion, g.SealedAccess, g.SealedRefresh, g.Scopes, g.Lifetime)
	return tag.RowsAffected() == 1, wrap("save refresh", err)
}

// EndGrant marks the grant as in need of new consent where its tokens are those of version. Version 0 stands for
// whatever tokens it has, unless a refresh has just replaced those that were refused.
func (db *DB) EndGrant(ctx context.Context, id, reason string, version int64) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE grants SET state = 'reauthorization_required', reason = $2, refreshing_until = NULL, updated_at = storelink_now()
		WHERE id = $1 AND state = 'active' AND CASE WHEN $3 = 0
			THEN token_version = 1 OR updated_at <= storelink_now() - $4::interval
			ELSE token_version = $3 END`, id, reason, version, refreshGrace)
	return wrap("end grant", err)
}
