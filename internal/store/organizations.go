package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// UpsertOrganization stores the organization, or its new name where it is known already.
func (db *DB) UpsertOrganization(ctx context.Context, o storelink.Organization) error {
	return db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return upsertOrganization(ctx, tx, o) })
}

// upsertOrganization leaves the organization's row locked until the transaction ends, whether or not its name changed.
func upsertOrganization(ctx context.Context, tx pgx.Tx, o storelink.Organization) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO organizations (id, name) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, updated_at = storelink_now()`, o.ID, o.Name)
	return wrap("upsert organization", err)
}
