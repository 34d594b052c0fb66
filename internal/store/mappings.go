package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const selectMappings = `
	SELECT id, organization_id, organization_name, brand_id, brand_name, store_id, store_name,
		desired_kind <> 'unmanaged', desired_local_id, asked_local_id, observed_local_id, previous_local_id, restore_local_id,
		state, COALESCE(code, ''), restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL,
		COALESCE(waiting_for, ''), waiting_since, attempts, CASE WHEN lane <> 'drift' THEN wake_at END, upstream_message,
		CASE WHEN leased_until > storelink_now() THEN leased_until END,
		generation, settled_generation, observed_at, created_at, updated_at
	FROM mappings`

// FindMappings returns the mappings that match all of the filter, ordered by id.
func (db *DB) FindMappings(ctx context.Context, f storelink.MappingFilter) (storelink.List[storelink.Mapping], error) {
	list := storelink.List[storelink.Mapping]{AsOf: time.Now().UTC()}
	where, args := mappingConditions(f)
	args = append(args, f.Page.Limit+1)
	rows, err := db.pool.Query(ctx, selectMappings+where+fmt.Sprintf(` ORDER BY id LIMIT $%d`, len(args)), args...)
	if err != nil {
		return list, wrap("find mappings", err)
	}
	found, err := pgx.CollectRows(rows, scanMapping)
	if err != nil {
		return list, wrap("find mappings", err)
	}
	list.Items, list.Next = cut(found, f.Page.Limit, func(m storelink.Mapping) []string { return []string{m.ID} })
	return list, nil
}

// mappingConditions writes one condition per field that is set; each is served by an index of its own.
func mappingConditions(f storelink.MappingFilter) (string, []any) {
	var conditions []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, strings.ReplaceAll(condition, "$n", fmt.Sprintf("$%d", len(args))))
	}
	if f.LocalStoreID != "" {
		add(`(desired_local_id = $n OR asked_local_id = $n OR observed_local_id = $n OR restore_local_id = $n)`, f.LocalStoreID)
	}
	if f.StoreID != "" {
		add(`store_id = $n`, f.StoreID)
	}
	if f.OrganizationID != "" {
		add(`organization_id = $n`, f.OrganizationID)
	}
	if f.BrandID != "" {
		add(`brand_id = $n`, f.BrandID)
	}
	if len(f.States) > 0 {
		states := make([]string, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		add(`state = ANY ($n)`, states)
	}
	if len(f.Page.After) > 0 {
		add(`id > $n::uuid`, f.Page.After[0])
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

// FindMapping returns one mapping, or storelink.ErrNotFound.
func (db *DB) FindMapping(ctx context.Context, id string) (storelink.Mapping, error) {
	rows, err := db.pool.Query(ctx, selectMappings+` WHERE id = $1`, id)
	if err != nil {
		return storelink.Mapping{}, wrap("find mapping", err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMapping)
	return m, wrap("find mapping", err)
}

// LookupMapping finds the mapping of a local store id (desired, else observed) or of a remote store; exactly one of
// the two is given. Where there is none, KnownStore says whether the snapshot holds the remote store.
func (db *DB) LookupMapping(ctx context.Context, localStoreID, storeID string) (storelink.Lookup, error) {
	var rows pgx.Rows
	var err error
	if localStoreID != "" {
		rows, err = db.pool.Query(ctx, selectMappings+`
			WHERE desired_local_id = $1 OR observed_local_id = $1
			ORDER BY desired_local_id IS NOT DISTINCT FROM $1 DESC, id LIMIT 1`, localStoreID)
	} else {
		rows, err = db.pool.Query(ctx, selectMappings+` WHERE store_id = $1 ORDER BY id LIMIT 1`, storeID)
	}
	if err != nil {
		return storelink.Lookup{}, wrap("look mapping up", err)
	}
	found, err := pgx.CollectRows(rows, scanMapping)
	if err != nil || len(found) == 1 {
		return lookupOf(found), wrap("look mapping up", err)
	}
	var known bool
	if storeID != "" {
		err = db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM remote_stores WHERE id = $1)`, storeID).Scan(&known)
	}
	return storelink.Lookup{KnownStore: known}, wrap("look store up", err)
}

func lookupOf(found []storelink.Mapping) storelink.Lookup {
	if len(found) == 0 {
		return storelink.Lookup{}
	}
	return storelink.Lookup{Mapping: &found[0], KnownStore: true}
}

func scanMapping(row pgx.CollectableRow) (storelink.Mapping, error) {
	var m storelink.Mapping
	err := row.Scan(&m.ID, &m.Organization.ID, &m.Organization.Name, &m.Store.BrandID, &m.BrandName, &m.Store.StoreID, &m.StoreName,
		&m.Managed, &m.DesiredLocalStoreID, &m.AskedLocalStoreID, &m.ObservedLocalStoreID, &m.PreviousLocalStoreID,
		&m.RestoreLocalStoreID, &m.State, &m.Code, &m.Dark, &m.WaitingFor, &m.WaitingSince, &m.Attempts, &m.NextTryAt,
		&m.UpstreamMessage, &m.LeasedUntil, &m.Generation, &m.SettledGeneration, &m.ObservedAt, &m.CreatedAt, &m.UpdatedAt)
	return m, err
}

// MappingHistory returns a mapping's history, oldest first, or storelink.ErrNotFound where there is no such mapping.
func (db *DB) MappingHistory(ctx context.Context, id string, page storelink.Page) (storelink.List[storelink.MappingEvent], error) {
	list := storelink.List[storelink.MappingEvent]{AsOf: time.Now().UTC()}
	if _, err := db.FindMapping(ctx, id); err != nil {
		return list, err
	}
	after := ""
	if len(page.After) > 0 {
		after = page.After[0]
	}
	rows, err := db.pool.Query(ctx, `
		SELECT id, at, actor, kind, from_id, to_id, why, request_id, run_id::text
		FROM mapping_events
		WHERE mapping_id = $1 AND ($2 = '' OR id > NULLIF($2, '')::uuid)
		ORDER BY id LIMIT $3`, id, after, page.Limit+1)
	if err != nil {
		return list, wrap("find history", err)
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (storelink.MappingEvent, error) {
		var e storelink.MappingEvent
		err := row.Scan(&e.ID, &e.At, &e.Actor, &e.Kind, &e.From, &e.To, &e.Why, &e.RequestID, &e.RunID)
		return e, err
	})
	if err != nil {
		return list, wrap("find history", err)
	}
	list.Items, list.Next = cut(events, page.Limit, func(e storelink.MappingEvent) []string { return []string{e.ID} })
	return list, nil
}
