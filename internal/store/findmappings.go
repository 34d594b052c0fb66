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
	// countedExactly is up to how many mappings a filter's matches are counted one by one, and worthCounting the estimate
	// from which nobody begins to: counting must not cost more than the page.
	countedExactly = 1000
	worthCounting  = 10 * countedExactly
)

// FindMappings returns a page of the mappings that match all of the filter, and their number: exact where it is small,
// else as Postgres estimates it. It returns storelink.ErrInvalid for an order that there is not, or a page that does not
// begin behind a row of that order.
func (db *DB) FindMappings(ctx context.Context, f storelink.MappingFilter) (storelink.List[storelink.Mapping], error) {
	list := storelink.List[storelink.Mapping]{AsOf: time.Now().UTC()}
	order, err := mappingOrderOf(f)
	if err != nil {
		return list, err
	}
	where, args := mappingConditions(f)
	few, total, err := db.countMappings(ctx, where, args)
	if err != nil {
		return list, err
	}
	list.Total = total
	from := "mappings"
	if few != nil {
		// What matches is known: nobody has to look for it again, least of all by trigrams. It is asked anew whether it matches.
		args = append(args, few)
		from = fmt.Sprintf("(SELECT * FROM mappings WHERE id = ANY ($%d::uuid[]) OFFSET 0) AS mappings", len(args))
	}
	if f.Page.After != nil {
		var behind string
		if behind, args, err = order.behind(f.Page.After, args); err != nil {
			return list, err
		}
		where = joinConditions(where, behind)
	}
	limit := pageLimit(f.Page)
	args = append(args, limit+1)
	rows, err := db.admin.Query(ctx, fmt.Sprintf(`SELECT %s, %s FROM %s%s%s LIMIT $%d`,
		mappingColumns, order.keyText(), from, where, order, len(args)), planned(args)...)
	if err != nil {
		return list, wrap("find mappings", err)
	}
	found, err := pgx.CollectRows(rows, scanMappingRow)
	if err != nil {
		return list, wrap("find mappings", err)
	}
	found, list.Next = cut(found, limit, func(r mappingRow) []string { return []string{r.key, r.mapping.ID} })
	list.Items = make([]storelink.Mapping, len(found))
	for i, row := range found {
		list.Items[i] = row.mapping
	}
	return list, nil
}

type mappingRow struct {
	mapping storelink.Mapping
	key     string // of its place in the order
}

func scanMappingRow(row pgx.CollectableRow) (mappingRow, error) {
	var r mappingRow
	err := row.Scan(append(mappingFields(&r.mapping), &r.key)...)
	return r, err
}

// countMappings counts what the conditions match where that is little, and returns their ids, too; else it says what the
// planner expects, and no ids.
func (db *DB) countMappings(ctx context.Context, where string, args []any) (few []string, total *storelink.Total, err error) {
	estimate, err := scanEstimate(db.admin.QueryRow(ctx, `EXPLAIN (FORMAT JSON) SELECT 1 FROM mappings`+where, planned(args)...))
	if err != nil {
		return nil, nil, wrap("estimate mappings", err)
	}
	if estimate > worthCounting {
		return nil, &storelink.Total{Value: estimate}, nil
	}
	rows, err := db.admin.Query(ctx, fmt.Sprintf(`SELECT id::text FROM mappings%s LIMIT %d`, where, countedExactly+1), planned(args)...)
	if err != nil {
		return nil, nil, wrap("count mappings", err)
	}
	few, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, nil, wrap("count mappings", err)
	}
	if len(few) <= countedExactly {
		return few, &storelink.Total{Value: len(few), Exact: true}, nil
	}
	return nil, &storelink.Total{Value: max(len(few), estimate)}, nil
}

// scanEstimate reads how many rows Postgres expects, from the plan of a query.
func scanEstimate(row pgx.Row) (int, error) {
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := row.Scan(&plans); err != nil {
		return 0, err
	}
	if len(plans) != 1 {
		return 0, fmt.Errorf("%d plans of one query", len(plans))
	}
	return int(plans[0].Plan.Rows), nil
}

// planned makes Postgres plan the query for these values: what is best differs too much between an id and a state.
func planned(args []any) []any {
	return append([]any{pgx.QueryExecModeCacheDescribe}, args...)
}

// mappingConditions writes one condition per field that is set; each is served by an index of its own.
func mappingConditions(f storelink.MappingFilter) (string, []any) {
	var conditions []string
	var args []any
	add := func(set bool, condition string, arg any) {
		if set {
			args = append(args, arg)
			conditions = append(conditions, strings.ReplaceAll(condition, "$n", fmt.Sprintf("$%d", len(args))))
		}
	}
	add(f.LocalStoreID != "",
		`(desired_local_id = $n OR asked_local_id = $n OR observed_local_id = $n OR restore_local_id = $n)`, f.LocalStoreID)
	add(f.DesiredLocalStoreID != "", `desired_local_id = $n`, f.DesiredLocalStoreID)
	add(f.ObservedLocalStoreID != "", `observed_local_id = $n`, f.ObservedLocalStoreID)
	add(f.StoreID != "", `store_id = $n`, f.StoreID)
	add(f.OrganizationID != "", `organization_id = $n`, f.OrganizationID)
	add(f.BrandID != "", `brand_id = $n`, f.BrandID)
	// One value is not any of some: then an index has its rows in order, and the page is read off it.
	if len(f.States) == 1 {
		add(true, `state = $n`, f.States[0])
	}
	if len(f.Codes) == 1 {
		add(true, `code = $n`, f.Codes[0])
	}
	add(len(f.States) > 1, `state = ANY ($n::text[])`, f.States)
	add(len(f.Codes) > 1, `code = ANY ($n::text[])`, f.Codes)
	add(f.StaleSince != nil, `COALESCE(observed_at, '-infinity') < $n`, f.StaleSince)
	add(f.Query != "", `search LIKE lower($n)`, "%"+literal(f.Query)+"%")
	if f.Dark != nil {
		conditions = append(conditions, map[bool]string{true: mappingIsDark, false: "NOT " + mappingIsDark}[*f.Dark])
	}
	return joinConditions("", conditions...), args
}

// joinConditions adds conditions to a WHERE, which may be none yet.
func joinConditions(where string, conditions ...string) string {
	for _, c := range conditions {
		if where == "" {
			where = " WHERE " + c
		} else {
			where += " AND " + c
		}
	}
	return where
}

// ExportMappings hands every mapping that matches the filter to each, in the filter's order where it names one, as they
// come from the database: none is kept, and the mapping that each gets is its own until it returns. Its page is not
// looked at. An error of each ends it, as does the end of ctx.
func (db *DB) ExportMappings(ctx context.Context, f storelink.MappingFilter, each func(*storelink.Mapping) error) error {
	order := ""
	if f.Sort != "" {
		by, err := mappingOrderOf(f)
		if err != nil {
			return err
		}
		order = by.String()
	}
	where, args := mappingConditions(f)
	return inTx(ctx, db.admin.Pool, pgx.TxOptions{BeginQuery: beginExport}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectMappings+where+order, planned(args)...)
		if err != nil {
			return wrap("export mappings", err)
		}
		var m storelink.Mapping
		_, err = pgx.ForEachRow(rows, mappingFields(&m), func() error { return each(&m) })
		return wrap("export mappings", err)
	})
}
