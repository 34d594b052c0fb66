package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// errAskedMeanwhile says that a mapping which was to be made is there by now.
var errAskedMeanwhile = errors.New("the store was asked for by another request at this moment")

// target is the mapping that an ask is for. A fresh one is made with the ask in it.
type target struct {
	id         string
	fresh      bool
	generation int64   // of the ask
	before     *string // the local store id that was desired
}

// targets are in the order of the asks.
type targets []target

func (t targets) ids() []string {
	ids := make([]string, len(t))
	for i := range t {
		ids[i] = t[i].id
	}
	return ids
}

// lockTargets locks the mappings that exist already, in the order of their ids.
func lockTargets(ctx context.Context, tx pgx.Tx, by storelink.Asker, asks []storelink.Ask) (targets, error) {
	brands, stores := make([]string, len(asks)), make([]string, len(asks))
	for i, a := range asks {
		brands[i], stores[i] = a.Store.BrandID, a.Store.StoreID
	}
	rows, err := tx.Query(ctx, `
		SELECT m.id::text, m.brand_id::text, m.store_id::text, m.generation, m.desired_local_id FROM mappings m
		JOIN unnest($2::uuid[], $3::uuid[]) AS a (brand_id, store_id) ON a.brand_id = m.brand_id AND a.store_id = m.store_id
		WHERE m.organization_id = $1 ORDER BY m.id FOR UPDATE OF m`, by.OrganizationID, brands, stores)
	if err != nil {
		return nil, wrap("lock mappings", err)
	}
	found := make(map[storelink.StoreRef]target, len(asks))
	var t target
	var ref storelink.StoreRef
	_, err = pgx.ForEachRow(rows, []any{&t.id, &ref.BrandID, &ref.StoreID, &t.generation, &t.before}, func() error {
		t.generation++
		found[ref] = t
		return nil
	})
	if err != nil {
		return nil, wrap("lock mappings", err)
	}
	all := make(targets, len(asks))
	for i, a := range asks {
		known, ok := found[a.Store]
		if !ok {
			known = target{id: newID(), fresh: true, generation: 1}
		}
		all[i] = known
	}
	return all, nil
}

// askRows are the asks column by column, as the statements take them.
type askRows struct {
	ids, brands, stores, wanted, replaces []string
	numbers                               []int
	replacesAny                           []bool
}

func (r *askRows) add(number int, t target, a storelink.Ask) {
	r.ids, r.numbers = append(r.ids, t.id), append(r.numbers, number)
	r.brands, r.stores = append(r.brands, a.Store.BrandID), append(r.stores, a.Store.StoreID)
	r.wanted, r.replaces = append(r.wanted, a.LocalStoreID), append(r.replaces, a.Replaces)
	r.replacesAny = append(r.replacesAny, a.ReplacesAny)
}

// insertRunRow makes the run's own row, without its items. A run of several organizations has none.
func insertRunRow(ctx context.Context, tx pgx.Tx, runID string, organizationID *string, actor, requestID string, total int) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO runs (id, organization_id, actor, request_id, total, pending, traceparent) VALUES ($1, $2, $3, $4, $5, $5, $6)`,
		runID, organizationID, actor, requestID, total, traceParent(ctx))
	return wrap("insert run", err)
}

// laneOf is the lane of a run of n stores: a few at once, many behind whatever somebody waits for.
func laneOf(n int) storelink.Lane {
	if n <= storelink.MaxInteractiveItems {
		return storelink.LaneInteractive
	}
	return storelink.LaneBackground
}

func insertRun(ctx context.Context, tx pgx.Tx, runID string, by storelink.Asker, asks []storelink.Ask, mappings targets) error {
	if err := insertRunRow(ctx, tx, runID, &by.OrganizationID, by.Actor, by.RequestID, len(asks)); err != nil {
		return err
	}
	lane := laneOf(len(asks))
	var known, fresh askRows
	for i, t := range mappings {
		if t.fresh {
			fresh.add(i, t, asks[i])
		} else {
			known.add(i, t, asks[i])
		}
	}
	batch := &pgx.Batch{}
	if len(known.ids) > 0 {
		batch.Queue(askMappings, known.ids, known.numbers, known.wanted, known.replaces, known.replacesAny, runID, lane)
	}
	made := 0
	if len(fresh.ids) > 0 {
		batch.Queue(makeMappings, fresh.ids, fresh.numbers, fresh.wanted, fresh.replaces, fresh.replacesAny, runID, lane,
			by.OrganizationID, fresh.brands, fresh.stores).QueryRow(func(row pgx.Row) error { return row.Scan(&made) })
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		if desiredTwice(err) {
			return err
		}
		return wrap("write asks", err)
	}
	if made < len(fresh.ids) {
		return errAskedMeanwhile
	}
	return insertItems(ctx, tx, runID, by, asks, mappings)
}

func insertItems(ctx context.Context, tx pgx.Tx, runID string, by storelink.Asker, asks []storelink.Ask, mappings targets) error {
	numbers, wanted, events := make([]int, len(asks)), make([]string, len(asks)), make([]string, len(asks))
	generations, before := make([]int64, len(asks)), make([]*string, len(asks))
	for i, t := range mappings {
		numbers[i], wanted[i], events[i] = i, asks[i].LocalStoreID, newID()
		generations[i], before[i] = t.generation, t.before
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, request_id, run_id, why)
		SELECT a.id, a.mapping_id, $5, 'asked', a.before, NULLIF(a.local_id, ''), $6, $7, $8
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS a (id, mapping_id, before, local_id)`,
		events, mappings.ids(), before, wanted, by.Actor, by.RequestID, runID, by.Reason)
	batch.Queue(`
		INSERT INTO run_items (run_id, number, mapping_id, generation, local_store_id)
		SELECT $1, a.number, a.mapping_id, a.generation, NULLIF(a.local_id, '')
		FROM unnest($2::uuid[], $3::int[], $4::bigint[], $5::text[]) AS a (mapping_id, number, generation, local_id)`,
		runID, mappings.ids(), numbers, generations, wanted)
	return wrap("write items", tx.SendBatch(ctx, batch).Close())
}

// makeMappings makes the mappings of stores that nobody asked for before, each with its first ask. They go in the order
// of the stores, so that two overlapping runs never wait for each other.
const makeMappings = `
	WITH made AS (
		INSERT INTO mappings (id, organization_id, brand_id, store_id, organization_name, brand_name, store_name,
			generation, desired_kind, desired_local_id, asked_kind, asked_local_id, named_ids, replaces_any,
			lane, due_at, due_for, run_id, item_number)
		SELECT a.id, $8, a.brand_id, a.store_id, o.name, COALESCE(b.name, ''), COALESCE(s.name, ''),
			1, CASE WHEN a.local_id = '' THEN 'none' ELSE 'id' END, NULLIF(a.local_id, ''),
			CASE WHEN a.local_id = '' THEN 'none' ELSE 'id' END, NULLIF(a.local_id, ''),
			CASE WHEN a.replaces = '' THEN '{}' ELSE ARRAY[a.replaces] END, a.replaces_any,
			$7, (SELECT storelink_now()), 'ask', $6, a.number
		FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bool[], $9::uuid[], $10::uuid[])
			AS a (id, number, local_id, replaces, replaces_any, brand_id, store_id)
		JOIN organizations o ON o.id = $8
		LEFT JOIN brands b ON b.organization_id = $8 AND b.id = a.brand_id
		LEFT JOIN remote_stores s ON s.organization_id = $8 AND s.brand_id = a.brand_id AND s.id = a.store_id
		ORDER BY a.brand_id, a.store_id
		ON CONFLICT (organization_id, brand_id, store_id) DO NOTHING
		RETURNING 1
	)
	SELECT count(*) FROM made`

// askMappings raises the generations. What may be replaced, what is to be restored and what may still come late is the
// newer ask's to inherit. A disconnect may take away the id settled before it, too.
const askMappings = `
	UPDATE mappings m SET
		generation     = generation + 1,
		desired_kind   = CASE WHEN a.local_id = '' THEN 'none' ELSE 'id' END,
		desired_local_id = NULLIF(a.local_id, ''),
		asked_kind     = CASE WHEN a.local_id = '' THEN 'none' ELSE 'id' END,
		asked_local_id = NULLIF(a.local_id, ''),
		named_ids      = named_ids
			|| CASE WHEN a.replaces = '' OR a.replaces = ANY (named_ids) THEN '{}' ELSE ARRAY[a.replaces] END
			|| CASE WHEN a.local_id = '' AND settled_kind = 'id' AND NOT settled_local_id = ANY (named_ids)
			        THEN ARRAY[settled_local_id] ELSE '{}' END,
		replaces_any   = a.replaces_any,
		first_seen     = false, first_observed = NULL,
		refused_code   = NULL, refused_message = '',
		settled_state  = CASE WHEN settled_generation < generation THEN settled_state ELSE state END,
		settled_code   = CASE WHEN settled_generation < generation THEN settled_code ELSE code END,
		state          = 'pending', code = NULL, upstream_message = '', waiting_for = NULL, waiting_since = NULL,
		attempts       = 0, waits_for_id = NULL, lane = $7,
		due_at         = (SELECT storelink_now()), due_for = 'ask',
		run_id         = $6, item_number = a.number,
		updated_at     = storelink_now()
	FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bool[]) AS a (mapping_id, number, local_id, replaces, replaces_any)
	WHERE m.id = a.mapping_id`
