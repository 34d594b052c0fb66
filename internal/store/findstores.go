package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// storeKey orders stores: by name without regard to case, in the order of code points so that it is the same on every
// server.
const storeKey = `lower(s.name) COLLATE "C"`

const storesWithMappings = `
	FROM remote_stores s
	LEFT JOIN brands b ON b.organization_id = s.organization_id AND b.id = s.brand_id
	LEFT JOIN mappings m ON m.organization_id = s.organization_id AND m.brand_id = s.brand_id AND m.store_id = s.id
	WHERE `

// FindStores returns a page of the organization's stores in the snapshot, with their mappings, ordered by name (without
// regard to case) and id, and their exact number. AsOf is left to the caller. It returns storelink.ErrInvalid for a page
// that does not begin behind a pair of name and id.
func (db *DB) FindStores(ctx context.Context, organizationID string, f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], error) {
	var list storelink.List[storelink.RemoteStore]
	where := storeConditions(organizationID, f)
	var total int
	err := db.pool.QueryRow(ctx, `SELECT count(*)`+storesWithMappings+where.String(), where.args...).Scan(&total)
	if err != nil {
		return list, wrap("count stores", err)
	}
	list.Total = &storelink.Total{Value: total, Exact: true}
	if err := where.after(f.Page.After); err != nil {
		return list, err
	}
	limit := pageLimit(f.Page)
	most := where.arg(limit + 1)
	rows, err := db.pool.Query(ctx, `
		SELECT `+storeKey+`, s.id::text, s.brand_id::text, COALESCE(b.name, ''), s.name, s.address,
			COALESCE(m.state, ''), m.observed_local_id, m.observed_at`+storesWithMappings+where.String()+`
		ORDER BY `+storeKey+`, s.id LIMIT `+most, where.args...)
	if err != nil {
		return list, wrap("find stores", err)
	}
	found, err := pgx.CollectRows(rows, scanStore)
	if err != nil {
		return list, wrap("find stores", err)
	}
	found, list.Next = cut(found, limit, func(r storeRow) []string { return []string{r.key, r.store.ID} })
	list.Items = make([]storelink.RemoteStore, len(found))
	for i, row := range found {
		list.Items[i] = row.store
	}
	return list, nil
}

type storeRow struct {
	key   string
	store storelink.RemoteStore
}

func scanStore(row pgx.CollectableRow) (storeRow, error) {
	var r storeRow
	var m storelink.StoreMapping
	s := &r.store
	err := row.Scan(&r.key, &s.ID, &s.BrandID, &s.BrandName, &s.Name, &s.Address, &m.State, &m.LocalStoreID, &m.ObservedAt)
	if m.State != "" {
		s.Mapping = &m
	}
	return r, err
}

// storeWhere collects conditions and their arguments.
type storeWhere struct {
	conditions []string
	args       []any
}

func (w *storeWhere) String() string { return strings.Join(w.conditions, " AND ") }

// arg returns the placeholder of a new argument.
func (w *storeWhere) arg(v any) string {
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *storeWhere) add(format string, args ...any) {
	w.conditions = append(w.conditions, fmt.Sprintf(format, args...))
}

func storeConditions(organizationID string, f storelink.StoreFilter) *storeWhere {
	w := &storeWhere{}
	w.add("s.organization_id = %s", w.arg(organizationID))
	if f.BrandID != "" {
		w.add("s.brand_id = %s", w.arg(f.BrandID))
	}
	if f.Query != "" {
		pattern := w.arg("%" + literal(strings.ToLower(f.Query)) + "%")
		w.add("(s.search LIKE %[1]s OR lower(m.observed_local_id) LIKE %[1]s)", pattern)
	}
	if len(f.States) > 0 {
		w.add("COALESCE(m.state, '%s') = ANY(%s)", storelink.StateNone, w.arg(f.States))
	}
	return w
}

func (w *storeWhere) after(key []string) error {
	if key == nil {
		return nil
	}
	if len(key) == 2 {
		if id, ok := storelink.ParseUUID(key[1]); ok {
			w.add("(%s, s.id) > (%s, %s::uuid)", storeKey, w.arg(key[0]), w.arg(id))
			return nil
		}
	}
	return storelink.Errorf(storelink.ErrInvalid, "The page does not begin behind a store.")
}

// literal takes the meaning from LIKE's wildcards.
func literal(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// pageLimit is the page's limit, or 50 where it has none.
func pageLimit(p storelink.Page) int {
	if p.Limit <= 0 {
		return 50
	}
	return p.Limit
}
