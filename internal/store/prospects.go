package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// Situations returns, by position, what passes for the asks would start from. It changes nothing.
func (db *DB) Situations(ctx context.Context, organizationID string, asks []storelink.Ask) ([]storelink.Prospect, error) {
	brands, stores, numbers := make([]string, len(asks)), make([]string, len(asks)), make([]int, len(asks))
	for i, a := range asks {
		brands[i], stores[i], numbers[i] = a.Store.BrandID, a.Store.StoreID, i
	}
	rows, err := db.pool.Query(ctx, `
		SELECT a.number, m.id::text, m.named_ids || m.tried_ids
		FROM unnest($2::int[], $3::uuid[], $4::uuid[]) AS a (number, brand_id, store_id)
		JOIN mappings m ON m.organization_id = $1 AND m.brand_id = a.brand_id AND m.store_id = a.store_id`,
		organizationID, numbers, brands, stores)
	if err != nil {
		return nil, wrap("find prospects", err)
	}
	ids, prospects := make([]string, len(asks)), make([]storelink.Prospect, len(asks))
	var number int
	var id string
	var replaceable []string
	_, err = pgx.ForEachRow(rows, []any{&number, &id, &replaceable}, func() error {
		ids[number] = id
		prospects[number].Replaceable = slices.Clone(replaceable)
		return nil
	})
	if err != nil {
		return nil, wrap("find prospects", err)
	}
	taken, err := findTaken(ctx, db.pool, organizationID, asks, ids)
	for i := range taken {
		prospects[i].Taken = true
	}
	return prospects, err
}
