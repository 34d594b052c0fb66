package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// SaveStores makes the snapshot hold exactly these stores of the brand, and the brand itself. The names in mappings
// follow. Each store may be given once.
func (db *DB) SaveStores(ctx context.Context, organizationID string, brand storelink.Brand, stores []storelink.RemoteStore) error {
	ids, names := make([]string, len(stores)), make([]string, len(stores))
	addresses, texts := make([]*string, len(stores)), make([]string, len(stores))
	for i, s := range stores {
		ids[i], names[i], texts[i] = s.ID, s.Name, s.SearchText()
		if s.Address == nil {
			continue
		}
		address, err := json.Marshal(s.Address)
		if err != nil {
			return fmt.Errorf("write address: %w", err)
		}
		text := string(address)
		addresses[i] = &text
	}
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := upsertBrand(ctx, tx, organizationID, brand); err != nil {
			return err
		}
		if err := upsertStores(ctx, tx, organizationID, brand.ID, ids, names, addresses, texts); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			DELETE FROM remote_stores WHERE organization_id = $1 AND brand_id = $2 AND id <> ALL($3::uuid[])`,
			organizationID, brand.ID, ids)
		return wrap("remove stores", err)
	})
	if err != nil {
		return err
	}
	return db.refreshNames(ctx, organizationID, &brand.ID)
}

// upsertBrand leaves the brand's row locked: whoever replaces the same brand's stores waits.
func upsertBrand(ctx context.Context, tx pgx.Tx, organizationID string, b storelink.Brand) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO brands (organization_id, id, name, seen_at) VALUES ($1, $2, $3, storelink_now())
		ON CONFLICT (organization_id, id) DO UPDATE SET name = EXCLUDED.name, seen_at = EXCLUDED.seen_at`,
		organizationID, b.ID, b.Name)
	return wrap("save brand", err)
}

// upsertStores leaves rows alone that say the same and were seen within the hour: the search index makes each write dear.
func upsertStores(ctx context.Context, tx pgx.Tx, organizationID, brandID string, ids, names []string, addresses []*string, texts []string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO remote_stores AS r (organization_id, brand_id, id, name, address, search, seen_at)
		SELECT $1, $2, s.id, s.name, s.address::jsonb, s.search, storelink_now()
		FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) AS s (id, name, address, search)
		ORDER BY s.id
		ON CONFLICT (organization_id, brand_id, id) DO UPDATE
			SET name = EXCLUDED.name, address = EXCLUDED.address, search = EXCLUDED.search, seen_at = EXCLUDED.seen_at
			WHERE (r.name, r.address, r.search) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.address, EXCLUDED.search)
			   OR r.seen_at < EXCLUDED.seen_at - interval '1 hour'`,
		organizationID, brandID, ids, names, addresses, texts)
	return wrap("save stores", err)
}

// StoreMappings returns what the mapping table says of these stores. A store that nobody ever asked for is not in the
// answer.
func (db *DB) StoreMappings(ctx context.Context, organizationID string, refs []storelink.StoreRef) (map[storelink.StoreRef]storelink.StoreMapping, error) {
	brands, stores := splitRefs(refs)
	rows, err := db.pool.Query(ctx, `
		SELECT m.brand_id::text, m.store_id::text, m.state, m.observed_local_id, m.observed_at
		FROM mappings m JOIN unnest($2::uuid[], $3::uuid[]) AS r (brand_id, store_id) USING (brand_id, store_id)
		WHERE m.organization_id = $1`, organizationID, brands, stores)
	if err != nil {
		return nil, wrap("find mappings of stores", err)
	}
	found := make(map[storelink.StoreRef]storelink.StoreMapping, len(refs))
	var ref storelink.StoreRef
	var m storelink.StoreMapping
	_, err = pgx.ForEachRow(rows, []any{&ref.BrandID, &ref.StoreID, &m.State, &m.LocalStoreID, &m.ObservedAt}, func() error {
		found[ref] = m
		return nil
	})
	return found, wrap("find mappings of stores", err)
}

// StoreNames returns the names of brand and store as the snapshot has them. A store of which it knows neither is not in
// the answer; a name that it does not know is "".
func (db *DB) StoreNames(ctx context.Context, organizationID string, refs []storelink.StoreRef) (map[storelink.StoreRef][2]string, error) {
	brands, stores := splitRefs(refs)
	rows, err := db.pool.Query(ctx, `
		SELECT r.brand_id::text, r.store_id::text, COALESCE(b.name, ''), COALESCE(s.name, '')
		FROM unnest($2::uuid[], $3::uuid[]) AS r (brand_id, store_id)
		LEFT JOIN brands b ON b.organization_id = $1 AND b.id = r.brand_id
		LEFT JOIN remote_stores s ON s.organization_id = $1 AND s.brand_id = r.brand_id AND s.id = r.store_id
		WHERE b.id IS NOT NULL OR s.id IS NOT NULL`, organizationID, brands, stores)
	if err != nil {
		return nil, wrap("find names of stores", err)
	}
	found := make(map[storelink.StoreRef][2]string, len(refs))
	var ref storelink.StoreRef
	var names [2]string
	_, err = pgx.ForEachRow(rows, []any{&ref.BrandID, &ref.StoreID, &names[0], &names[1]}, func() error {
		found[ref] = names
		return nil
	})
	return found, wrap("find names of stores", err)
}

func splitRefs(refs []storelink.StoreRef) (brands, stores []string) {
	brands, stores = make([]string, len(refs)), make([]string, len(refs))
	for i, r := range refs {
		brands[i], stores[i] = r.BrandID, r.StoreID
	}
	return brands, stores
}
