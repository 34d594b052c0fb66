package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// OldestServer is the oldest Postgres that the schema works on, as in server_version_num.
const OldestServer = 150000

// ServerVersion returns the server's version for people, and as server_version_num has it.
func (db *DB) ServerVersion(ctx context.Context) (version string, number int, err error) {
	err = db.pool.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int`).
		Scan(&version, &number)
	return version, number, wrap("read server version", err)
}

// Clock returns the database's time.
func (db *DB) Clock(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := db.pool.QueryRow(ctx, `SELECT storelink_now()`).Scan(&now)
	return now, wrap("read clock", err)
}

// SampleGrants returns up to n of the oldest and n of the newest active grants: between them lie all keys that tokens are
// sealed with.
func (db *DB) SampleGrants(ctx context.Context, n int) ([]storelink.SealedGrant, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT `+sealedGrantColumns+` FROM grants g WHERE g.id IN (
			(SELECT id FROM grants WHERE state = 'active' ORDER BY id LIMIT $1)
			UNION (SELECT id FROM grants WHERE state = 'active' ORDER BY id DESC LIMIT $1))`, n)
	if err != nil {
		return nil, wrap("sample grants", err)
	}
	grants, err := pgx.CollectRows(rows, scanSealedGrant)
	return grants, wrap("sample grants", err)
}

// ScopeCount is how many grants that work hold exactly these scopes.
type ScopeCount struct {
	Scopes []string
	Grants int64
}

// GrantScopes counts the grants that work by their scopes.
func (db *DB) GrantScopes(ctx context.Context) ([]ScopeCount, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT g.scopes, count(*) FROM grants g WHERE g.state = 'active' AND NOT `+spent+` GROUP BY g.scopes ORDER BY 2 DESC`)
	if err != nil {
		return nil, wrap("count scopes", err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ScopeCount])
	return counts, wrap("count scopes", err)
}
