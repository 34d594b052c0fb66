package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// sealedPlace is where a sealed field is kept.
type sealedPlace struct{ table, column, organization string }

var sealedPlaces = map[storelink.SealedField]sealedPlace{
	storelink.SealedAccessToken:  {"grants", "sealed_access", "organization_id::text"},
	storelink.SealedRefreshToken: {"grants", "sealed_refresh", "organization_id::text"},
	storelink.SealedCodeVerifier: {"signins", "sealed_verifier", "''"},
	storelink.SealedCode:         {"signins", "sealed_code", "''"},
}

// CountSealed counts all sealed values by field and key. It reads two whole tables, and takes its time.
func (db *DB) CountSealed(ctx context.Context) ([]storelink.SealedCount, error) {
	var counts []storelink.SealedCount
	for _, f := range storelink.SealedFields {
		p := sealedPlaces[f]
		rows, err := db.pool.Pool.Query(ctx, fmt.Sprintf(`
			SELECT substring(%[2]s FROM 1 FOR 5), count(*) FROM %[1]s WHERE %[2]s IS NOT NULL GROUP BY 1 ORDER BY 1`, p.table, p.column))
		if err != nil {
			return nil, wrap("count sealed values", err)
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (storelink.SealedCount, error) {
			c := storelink.SealedCount{Field: f}
			var prefix []byte
			err := row.Scan(&prefix, &c.Count)
			c.Key = storelink.KeyOfSealed(prefix)
			return c, err
		})
		if err != nil {
			return nil, wrap("count sealed values", err)
		}
		counts = append(counts, found...)
	}
	return counts, nil
}

// SealedOtherwise returns up to limit values of the field that are not sealed with the key, in the order of their rows'
// ids, from the row after the one given on; "" is before all.
func (db *DB) SealedOtherwise(ctx context.Context, f storelink.SealedField, key uint32, after string, limit int) ([]storelink.SealedValue, error) {
	p := sealedPlaces[f]
	rows, err := db.pool.Pool.Query(ctx, fmt.Sprintf(`
		SELECT id, %[3]s, %[2]s FROM %[1]s
		WHERE id > COALESCE(NULLIF($1, ''), '00000000-0000-0000-0000-000000000000')::uuid
			AND %[2]s IS NOT NULL AND substring(%[2]s FROM 1 FOR 5) <> $2
		ORDER BY id LIMIT $3`, p.table, p.column, p.organization), after, storelink.SealedPrefix(key), limit)
	if err != nil {
		return nil, wrap("find sealed values", err)
	}
	values, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (storelink.SealedValue, error) {
		v := storelink.SealedValue{Field: f}
		err := row.Scan(&v.RowID, &v.OrganizationID, &v.Sealed)
		return v, err
	})
	return values, wrap("find sealed values", err)
}

// SwapSealed puts each new value in the place of its old one where that is still there, and returns how many it put. A
// row's version stays what it is: its plain text did not change, so that a refresh under way can store what it brought.
func (db *DB) SwapSealed(ctx context.Context, f storelink.SealedField, old []storelink.SealedValue, sealed [][]byte) (int, error) {
	if len(old) == 0 {
		return 0, nil
	}
	ids, before := make([]string, len(old)), make([][]byte, len(old))
	for i, v := range old {
		ids[i], before[i] = v.RowID, v.Sealed
	}
	p := sealedPlaces[f]
	var n int64
	err := db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// Locked in the order of ids, so that two who do this do not wait for each other.
		tag, err := tx.Exec(ctx, fmt.Sprintf(`
			WITH swap AS (
				SELECT r.id, s.old, s.new FROM %[1]s r JOIN unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS s (id, old, new) ON s.id = r.id
				WHERE r.%[2]s = s.old ORDER BY r.id FOR NO KEY UPDATE OF r)
			UPDATE %[1]s r SET %[2]s = swap.new FROM swap WHERE r.id = swap.id AND r.%[2]s = swap.old`, p.table, p.column),
			ids, before, sealed)
		n = tag.RowsAffected()
		return wrap("swap sealed values", err)
	})
	return int(n), err
}
