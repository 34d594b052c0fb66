package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const (
	// maxCandidates bounds what one computation of proposals takes in, on either side.
	maxCandidates = 20_000
	// beginRead begins a transaction that reads more than a page.
	beginRead = `BEGIN READ ONLY; SET LOCAL statement_timeout = '15s'`
)

// CatalogueVersion is raised by every change of the catalogue.
func (db *DB) CatalogueVersion(ctx context.Context) (int64, error) {
	var version int64
	err := db.pool.QueryRow(ctx, `SELECT version FROM catalogue`).Scan(&version)
	return version, wrap("read catalogue's version", err)
}

// UnconnectedStores returns the stores of the organization's snapshot that neither have a local store id nor are to have
// one, at most 20,000.
func (db *DB) UnconnectedStores(ctx context.Context, organizationID string) ([]storelink.RemoteStore, error) {
	var found []storelink.RemoteStore
	err := inTx(ctx, db.pool.Pool, pgx.TxOptions{BeginQuery: beginRead}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT s.id::text, s.brand_id::text, COALESCE(b.name, ''), s.name, s.address`+storesWithMappings+`
				s.organization_id = $1 AND m.desired_local_id IS NULL AND m.observed_local_id IS NULL AND m.restore_local_id IS NULL
			LIMIT $2`, organizationID, maxCandidates)
		if err != nil {
			return wrap("find unconnected stores", err)
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (storelink.RemoteStore, error) {
			var s storelink.RemoteStore
			err := row.Scan(&s.ID, &s.BrandID, &s.BrandName, &s.Name, &s.Address)
			return s, err
		})
		return wrap("find unconnected stores", err)
	})
	return found, err
}

// FreeLocalStores returns the stores of the catalogue that may be used and that no mapping holds, at most 20,000.
func (db *DB) FreeLocalStores(ctx context.Context, a storelink.LocalStoreAccess) ([]storelink.LocalStore, error) {
	var found []storelink.LocalStore
	where := localStoreConditions(storelink.LocalStoreFilter{Access: a})
	where.add("NOT (%s)", localStoreTaken)
	most := where.arg(maxCandidates)
	err := inTx(ctx, db.pool.Pool, pgx.TxOptions{BeginQuery: beginRead}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+localStoreColumns+` FROM local_stores l WHERE `+where.String()+` LIMIT `+most, planned(where.args)...)
		if err != nil {
			return wrap("find free local stores", err)
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (storelink.LocalStore, error) {
			var l storelink.LocalStore
			err := scanLocalStore(row, &l)
			return l, err
		})
		return wrap("find free local stores", err)
	})
	return found, err
}
