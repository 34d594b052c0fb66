package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const mappingColumns = `
	id, organization_id, organization_name, brand_id, brand_name, store_id, store_name,
	desired_kind <> 'unmanaged', desired_local_id, asked_local_id, observed_local_id, previous_local_id, restore_local_id,
	state, COALESCE(code, ''), ` + mappingIsDark + `,
	COALESCE(waiting_for, ''), waiting_since, attempts, CASE WHEN lane <> 'drift' THEN wake_at END, upstream_message,
	CASE WHEN leased_until > storelink_now() THEN leased_until END,
	generation, settled_generation, observed_at, created_at, updated_at`

const mappingIsDark = `(restore_local_id IS NOT NULL AND observed_local_id IS NULL AND observed_at IS NOT NULL)`

const selectMappings = `SELECT ` + mappingColumns + ` FROM mappings`

// FindMapping returns one mapping, or storelink.ErrNotFound.
func (db *DB) FindMapping(ctx context.Context, id string) (storelink.Mapping, error) {
	rows, err := db.admin.Query(ctx, selectMappings+` WHERE id = $1`, id)
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
		rows, err = db.admin.Query(ctx, selectMappings+`
			WHERE desired_local_id = $1 OR observed_local_id = $1
			ORDER BY desired_local_id IS NOT DISTINCT FROM $1 DESC, id LIMIT 1`, localStoreID)
	} else {
		rows, err = db.admin.Query(ctx, selectMappings+` WHERE store_id = $1 ORDER BY id LIMIT 1`, storeID)
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
		err = db.admin.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM remote_stores WHERE id = $1)`, storeID).Scan(&known)
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
	err := scanPlanned(row, "mapping", mappingFields(&m))
	return m, err
}

// mappingFields are where mappingColumns go. Words are read as the strings that they are: pgx finds out what lies under
// another type anew for each row.
func mappingFields(m *storelink.Mapping) []any {
	return []any{
		&m.ID, &m.Organization.ID, &m.Organization.Name, &m.Store.BrandID, &m.BrandName, &m.Store.StoreID, &m.StoreName,
		&m.Managed, &m.DesiredLocalStoreID, &m.AskedLocalStoreID, &m.ObservedLocalStoreID, &m.PreviousLocalStoreID,
		&m.RestoreLocalStoreID, (*string)(&m.State), (*string)(&m.Code), &m.Dark, &m.WaitingFor, &m.WaitingSince, &m.Attempts, &m.NextTryAt,
		&m.UpstreamMessage, &m.LeasedUntil, &m.Generation, &m.SettledGeneration, &m.ObservedAt, &m.CreatedAt, &m.UpdatedAt,
	}
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
	rows, err := db.admin.Query(ctx, `
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
