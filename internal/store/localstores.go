package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const (
	// localStoreKey orders the catalogue as storeKey orders stores.
	localStoreKey = `lower(l.name) COLLATE "C"`
	// localStoreTaken asks what an ask for the id would be refused for.
	localStoreTaken = `EXISTS (SELECT 1 FROM mappings m WHERE m.desired_local_id = l.id)
		OR EXISTS (SELECT 1 FROM mappings m WHERE m.observed_local_id = l.id)
		OR EXISTS (SELECT 1 FROM mappings m WHERE m.restore_local_id = l.id)`
	localStoreColumns = `l.id, l.group_name, l.name, l.address, l.postal_code, l.city, l.state, l.country_code,
		l.latitude, l.longitude, ` + localStoreTaken
)

// FindLocalStores returns a page of the catalogue for people, ordered by name (without regard to case) and id, and the
// exact number of stores that match.
func (db *DB) FindLocalStores(ctx context.Context, f storelink.LocalStoreFilter) (storelink.List[storelink.LocalStore], error) {
	return findLocalStores(ctx, db.pool, f)
}

// FindCatalogue is FindLocalStores over the connections of operators.
func (db *DB) FindCatalogue(ctx context.Context, f storelink.LocalStoreFilter) (storelink.List[storelink.LocalStore], error) {
	return findLocalStores(ctx, db.admin, f)
}

func findLocalStores(ctx context.Context, pool limitedPool, f storelink.LocalStoreFilter) (storelink.List[storelink.LocalStore], error) {
	list := storelink.List[storelink.LocalStore]{AsOf: time.Now().UTC()}
	where := localStoreConditions(f)
	var total int
	err := pool.QueryRow(ctx, `SELECT count(*) FROM local_stores l WHERE `+where.String(), planned(where.args)...).Scan(&total)
	if err != nil {
		return list, wrap("count local stores", err)
	}
	list.Total = &storelink.Total{Value: total, Exact: true}
	switch {
	case len(f.Page.After) == 2:
		where.add("(%s, l.id) > (%s, %s)", localStoreKey, where.arg(f.Page.After[0]), where.arg(f.Page.After[1]))
	case f.Page.After != nil:
		return list, storelink.Errorf(storelink.ErrInvalid, "The page does not begin behind a local store.")
	}
	limit := pageLimit(f.Page)
	most := where.arg(limit + 1)
	rows, err := pool.Query(ctx, `
		SELECT `+localStoreColumns+`, `+localStoreKey+` FROM local_stores l WHERE `+where.String()+`
		ORDER BY `+localStoreKey+`, l.id LIMIT `+most, planned(where.args)...)
	if err != nil {
		return list, wrap("find local stores", err)
	}
	type row struct {
		store storelink.LocalStore
		key   string
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
		var one row
		err := scanLocalStore(r, &one.store, &one.key)
		return one, err
	})
	if err != nil {
		return list, wrap("find local stores", err)
	}
	found, list.Next = cut(found, limit, func(r row) []string { return []string{r.key, r.store.ID} })
	list.Items = make([]storelink.LocalStore, len(found))
	for i := range found {
		list.Items[i] = found[i].store
	}
	return list, nil
}

// ExportCatalogue hands every store that matches the filter to each, in the order of FindLocalStores. Its page is not
// looked at. An error of each ends it, as does the end of ctx.
func (db *DB) ExportCatalogue(ctx context.Context, f storelink.LocalStoreFilter, each func(storelink.LocalStore) error) error {
	where := localStoreConditions(f)
	return inTx(ctx, db.admin.Pool, pgx.TxOptions{BeginQuery: beginExport}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+localStoreColumns+` FROM local_stores l WHERE `+where.String()+`
			ORDER BY `+localStoreKey+`, l.id`, planned(where.args)...)
		if err != nil {
			return wrap("export catalogue", err)
		}
		defer rows.Close()
		for rows.Next() {
			var l storelink.LocalStore
			if err := scanLocalStore(rows, &l); err != nil {
				return wrap("export catalogue", err)
			}
			if err := each(l); err != nil {
				return err
			}
		}
		return wrap("export catalogue", rows.Err())
	})
}

func scanLocalStore(row pgx.CollectableRow, l *storelink.LocalStore, more ...any) error {
	var latitude, longitude *float64
	into := []any{&l.ID, &l.Group, &l.Name, &l.Address, &l.PostalCode, &l.City, &l.State, &l.CountryCode, &latitude, &longitude, &l.Taken}
	if err := row.Scan(append(into, more...)...); err != nil {
		return err
	}
	if latitude != nil && longitude != nil {
		l.Location = &storelink.Location{Latitude: *latitude, Longitude: *longitude}
	}
	return nil
}

func localStoreConditions(f storelink.LocalStoreFilter) *storeWhere {
	w := &storeWhere{conditions: []string{"true"}}
	if a := f.Access; !a.All {
		allowed := []string{fmt.Sprintf("l.id = ANY (%s::text[])", w.arg(a.IDs))}
		if a.Group != "" {
			allowed = append(allowed, fmt.Sprintf("l.group_name = %s", w.arg(a.Group)))
		}
		w.add("(%s)", strings.Join(allowed, " OR "))
	}
	if f.Group != "" {
		w.add("l.group_name = %s", w.arg(f.Group))
	}
	if f.Query != "" {
		w.add("l.search LIKE lower(%s)", w.arg("%"+literal(f.Query)+"%"))
	}
	return w
}

// RemoveLocalStore takes a store out of the catalogue. It returns storelink.ErrNotFound where there is none.
func (db *DB) RemoveLocalStore(ctx context.Context, id string) error {
	return inTx(ctx, db.admin.Pool, pgx.TxOptions{BeginQuery: beginWrite}, func(ctx context.Context, tx pgx.Tx) error {
		if err := raiseCatalogue(ctx, tx); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM local_stores WHERE id = $1`, id)
		if err == nil && tag.RowsAffected() == 0 {
			return storelink.Errorf(storelink.ErrNotFound, "The catalogue has no such store.")
		}
		return wrap("remove local store", err)
	})
}

// raiseCatalogue notes that the catalogue changes, and makes the next who changes it wait for this transaction.
func raiseCatalogue(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE catalogue SET version = version + 1`)
	return wrap("raise catalogue", err)
}
