package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// SaveBrands makes the snapshot hold exactly these brands of the organization; stores of other brands leave it. The
// names in mappings follow.
func (db *DB) SaveBrands(ctx context.Context, organizationID string, brands []storelink.Brand) error {
	ids, names := make([]string, len(brands)), make([]string, len(brands))
	for i, b := range brands {
		ids[i], names[i] = b.ID, b.Name
	}
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return replaceBrands(ctx, tx, organizationID, ids, names)
	})
	if err != nil {
		return err
	}
	return db.refreshNames(ctx, organizationID, nil)
}

// replaceBrands holds the organization's row meanwhile: two lists that contradict each other would lock brands crosswise.
func replaceBrands(ctx context.Context, tx pgx.Tx, organizationID string, ids, names []string) error {
	var locked string
	err := tx.QueryRow(ctx, `SELECT id::text FROM organizations WHERE id = $1 FOR NO KEY UPDATE`, organizationID).Scan(&locked)
	if err != nil {
		return wrap("lock organization", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO brands (organization_id, id, name, seen_at)
		SELECT $1, b.id, b.name, storelink_now() FROM unnest($2::uuid[], $3::text[]) AS b (id, name) ORDER BY b.id
		ON CONFLICT (organization_id, id) DO UPDATE SET name = EXCLUDED.name, seen_at = EXCLUDED.seen_at`,
		organizationID, ids, names)
	if err != nil {
		return wrap("save brands", err)
	}
	_, err = tx.Exec(ctx, `DELETE FROM brands WHERE organization_id = $1 AND id <> ALL($2::uuid[])`, organizationID, ids)
	if err != nil {
		return wrap("remove brands", err)
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM remote_stores WHERE organization_id = $1 AND brand_id <> ALL($2::uuid[])`, organizationID, ids)
	return wrap("remove stores of brands", err)
}

// FindBrand returns the brand as the snapshot has it. It returns storelink.ErrNotFound where the brand is unknown or was
// last seen longer ago than within.
func (db *DB) FindBrand(ctx context.Context, organizationID, brandID string, within time.Duration) (storelink.Brand, error) {
	b := storelink.Brand{ID: brandID}
	err := db.pool.QueryRow(ctx, `
		SELECT name FROM brands WHERE organization_id = $1 AND id = $2 AND seen_at >= storelink_now() - $3::interval`,
		organizationID, brandID, within).Scan(&b.Name)
	if err != nil {
		return storelink.Brand{}, wrap("find brand", err)
	}
	return b, nil
}

// refreshNames copies names that have changed into the mappings of the organization, or of one of its brands. A mapping
// that somebody is writing keeps its old names until the next time, so that nobody waits for anybody.
func (db *DB) refreshNames(ctx context.Context, organizationID string, brandID *string) error {
	_, err := db.pool.Exec(ctx, `
		WITH stale AS (
			SELECT m.id, o.name AS organization_name, COALESCE(b.name, m.brand_name) AS brand_name,
				COALESCE(s.name, m.store_name) AS store_name
			FROM mappings m
			JOIN organizations o ON o.id = m.organization_id
			LEFT JOIN brands b ON b.organization_id = m.organization_id AND b.id = m.brand_id
			LEFT JOIN remote_stores s
				ON s.organization_id = m.organization_id AND s.brand_id = m.brand_id AND s.id = m.store_id
			WHERE m.organization_id = $1 AND ($2::uuid IS NULL OR m.brand_id = $2)
			  AND (m.organization_name, m.brand_name, m.store_name)
			      IS DISTINCT FROM (o.name, COALESCE(b.name, m.brand_name), COALESCE(s.name, m.store_name))
			ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
		)
		UPDATE mappings m SET organization_name = stale.organization_name, brand_name = stale.brand_name,
			store_name = stale.store_name, updated_at = storelink_now()
		FROM stale WHERE m.id = stale.id`, organizationID, brandID)
	return wrap("refresh names", err)
}
