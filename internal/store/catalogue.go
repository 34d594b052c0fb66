package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const (
	// beginImport begins a transaction that takes a whole catalogue in; its rows come at the sender's pace.
	beginImport = `BEGIN; SET LOCAL statement_timeout = '60s'`
	// catalogueColumns are what an import says of a store, in the order of importValues.
	catalogueColumns = `id, group_name, name, address, postal_code, city, state, country_code, latitude, longitude`
	namedConflicts   = 100
)

// ReplaceCatalogue makes the stores that next returns the catalogue, or this group of it where group is not "": those
// that are not among them go. An error of next, which is returned as it is, or any other leaves everything as it was;
// next returns nil behind the last store, and each id once. Readers see the old catalogue until all of the new one is in.
//
// It returns storelink.ErrConflict where a store of another group has one of the ids, and then place says which store,
// by its number in the order of next, the error points at.
func (db *DB) ReplaceCatalogue(ctx context.Context, group string, next func() (*storelink.LocalStore, error), place func(number int) string) (storelink.CatalogueChange, error) {
	var change storelink.CatalogueChange
	err := inTx(ctx, db.admin.Pool, pgx.TxOptions{BeginQuery: beginImport}, func(ctx context.Context, tx pgx.Tx) error {
		if err := takeIn(ctx, tx, next, &change.Total); err != nil {
			return err
		}
		if err := raiseCatalogue(ctx, tx); err != nil {
			return err
		}
		if group != "" {
			if err := checkGroup(ctx, tx, group, place); err != nil {
				return err
			}
		}
		return putInPlace(ctx, tx, group, &change)
	})
	return change, err
}

// takeIn copies the rows into a table of the transaction's own.
func takeIn(ctx context.Context, tx pgx.Tx, next func() (*storelink.LocalStore, error), total *int) error {
	_, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE incoming_stores ON COMMIT DROP AS
		SELECT 0 AS number, `+catalogueColumns+` FROM local_stores WITH NO DATA`)
	if err != nil {
		return wrap("begin import", err)
	}
	var failed error // what the server says of a copy that broke off is not what broke it off
	source := pgx.CopyFromFunc(func() ([]any, error) {
		l, err := next()
		if err != nil || l == nil {
			failed = err
			return nil, err
		}
		row := importValues(*total, l)
		*total++
		return row, nil
	})
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"incoming_stores"}, []string{
		"number", "id", "group_name", "name", "address", "postal_code", "city", "state", "country_code", "latitude", "longitude",
	}, source)
	if failed != nil {
		return failed
	}
	if err != nil {
		return wrap("copy catalogue", err)
	}
	_, err = tx.Exec(ctx, `CREATE UNIQUE INDEX ON incoming_stores (id); ANALYZE incoming_stores`)
	return wrap("index import", err)
}

func importValues(number int, l *storelink.LocalStore) []any {
	row := []any{number, l.ID, l.Group, l.Name, l.Address, l.PostalCode, l.City, l.State, l.CountryCode, nil, nil}
	if l.Location != nil {
		row[9], row[10] = l.Location.Latitude, l.Location.Longitude
	}
	return row
}

// checkGroup refuses ids that a store of another group has: a group's import must not take what belongs to another.
func checkGroup(ctx context.Context, tx pgx.Tx, group string, place func(number int) string) error {
	rows, err := tx.Query(ctx, `
		SELECT i.number FROM incoming_stores i JOIN local_stores l ON l.id = i.id AND l.group_name <> $1
		ORDER BY i.number LIMIT $2`, group, namedConflicts)
	if err != nil {
		return wrap("check group", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || len(held) == 0 {
		return wrap("check group", err)
	}
	e := storelink.Errorf(storelink.ErrConflict, "Ids belong to stores of other groups.")
	for _, number := range held {
		e.Fields = append(e.Fields, storelink.FieldError{Pointer: place(number), Detail: "is the id of a store of another group"})
	}
	return e
}

// putInPlace makes the catalogue, or the group of it, what came in.
func putInPlace(ctx context.Context, tx pgx.Tx, group string, change *storelink.CatalogueChange) error {
	tag, err := tx.Exec(ctx, `
		DELETE FROM local_stores l WHERE ($1 = '' OR l.group_name = $1)
			AND NOT EXISTS (SELECT 1 FROM incoming_stores i WHERE i.id = l.id)`, group)
	if err != nil {
		return wrap("remove from catalogue", err)
	}
	change.Removed = int(tag.RowsAffected())
	const values = `(l.group_name, l.name, l.address, l.postal_code, l.city, l.state, l.country_code, l.latitude, l.longitude)`
	tag, err = tx.Exec(ctx, `
		UPDATE local_stores l SET group_name = i.group_name, name = i.name, address = i.address, postal_code = i.postal_code,
			city = i.city, state = i.state, country_code = i.country_code, latitude = i.latitude, longitude = i.longitude
		FROM incoming_stores i WHERE l.id = i.id AND `+values+` IS DISTINCT FROM
			(i.group_name, i.name, i.address, i.postal_code, i.city, i.state, i.country_code, i.latitude, i.longitude)`)
	if err != nil {
		return wrap("change catalogue", err)
	}
	change.Changed = int(tag.RowsAffected())
	tag, err = tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO local_stores (%[1]s) SELECT %[1]s FROM incoming_stores i
		WHERE NOT EXISTS (SELECT 1 FROM local_stores l WHERE l.id = i.id)`, catalogueColumns))
	change.Added = int(tag.RowsAffected())
	return wrap("add to catalogue", err)
}
