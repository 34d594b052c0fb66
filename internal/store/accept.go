package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const acceptTries = 3

// Accept writes a run: what is desired, the generations, the items, all in one transaction, and wakes the workers. A
// repeat of an idempotency key returns the first run's id and true. Errors: storelink.ErrNotSignedIn where the session
// has ended or belongs to another organization, storelink.ErrLocalStoreIDTaken with a pointer per item,
// storelink.ErrIdempotencyKeyReused, storelink.ErrTooManyRequests.
func (db *DB) Accept(ctx context.Context, by storelink.Asker, asks []storelink.Ask, key *storelink.IdempotencyKey) (runID string, repeated bool, err error) {
	for range acceptTries {
		err = db.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			var err error
			runID, repeated, err = accept(ctx, tx, by, asks, key)
			return err
		})
		// Two asks for one free id race to the constraint: the loser looks again, and finds the id taken.
		if !violates(err, "mappings_desired_local_id_key") {
			break
		}
	}
	return runID, repeated, err
}

func accept(ctx context.Context, tx pgx.Tx, by storelink.Asker, asks []storelink.Ask, key *storelink.IdempotencyKey) (string, bool, error) {
	if err := lockSession(ctx, tx, by); err != nil {
		return "", false, err
	}
	if key != nil {
		if runID, err := firstRun(ctx, tx, by, key); runID != "" || err != nil {
			return runID, true, err
		}
	}
	if err := checkUnfinished(ctx, tx, by, len(asks)); err != nil {
		return "", false, err
	}
	ids, err := lockMappings(ctx, tx, by, asks)
	if err != nil {
		return "", false, err
	}
	if err := checkTaken(ctx, tx, by, asks, ids); err != nil {
		return "", false, err
	}
	superseded, err := supersede(ctx, tx, ids)
	if err != nil {
		return "", false, err
	}
	runID := newID()
	if err := insertRun(ctx, tx, runID, by, asks, ids); err != nil {
		return "", false, err
	}
	if err := countSuperseded(ctx, tx, superseded); err != nil {
		return "", false, err
	}
	if key != nil {
		_, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (organization_id, key, fingerprint, run_id) VALUES ($1, $2, $3, $4)`,
			by.OrganizationID, key.Key, key.Fingerprint[:], runID)
		if err != nil {
			return "", false, wrap("keep idempotency key", err)
		}
	}
	return runID, false, notify(ctx, tx, workChannel, "")
}

// lockSession holds the session's row until the transaction ends, so that no write commits after its session ended.
func lockSession(ctx context.Context, tx pgx.Tx, by storelink.Asker) error {
	if by.SessionID == "" {
		return nil
	}
	var alive bool
	err := tx.QueryRow(ctx, `
		SELECT organization_id = $2 AND ended_at IS NULL FROM sessions WHERE id = $1 FOR SHARE`,
		by.SessionID, by.OrganizationID).Scan(&alive)
	if storelink.CodeOf(wrap("lock session", err)) == storelink.ErrNotFound || err == nil && !alive {
		return storelink.Errorf(storelink.ErrNotSignedIn, "the session has ended")
	}
	return wrap("lock session", err)
}

// firstRun returns the run that the key was used for within the last 24 h, or "". Requests with one key queue up here.
func firstRun(ctx context.Context, tx pgx.Tx, by storelink.Asker, key *storelink.IdempotencyKey) (string, error) {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))`, by.OrganizationID, key.Key)
	if err != nil {
		return "", wrap("lock idempotency key", err)
	}
	var (
		runID       string
		fingerprint []byte
		age         float64
	)
	err = tx.QueryRow(ctx, `
		SELECT run_id, fingerprint, EXTRACT(EPOCH FROM storelink_now() - created_at)::float8
		FROM idempotency_keys WHERE organization_id = $1 AND key = $2`,
		by.OrganizationID, key.Key).Scan(&runID, &fingerprint, &age)
	switch {
	case storelink.CodeOf(wrap("find idempotency key", err)) == storelink.ErrNotFound:
		return "", nil
	case err != nil:
		return "", wrap("find idempotency key", err)
	case age > (24 * time.Hour).Seconds():
		_, err = tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE organization_id = $1 AND key = $2`, by.OrganizationID, key.Key)
		return "", wrap("forget idempotency key", err)
	case !bytes.Equal(fingerprint, key.Fingerprint[:]):
		return "", storelink.Errorf(storelink.ErrIdempotencyKeyReused, "this Idempotency-Key was used for another request")
	}
	return runID, nil
}

func checkUnfinished(ctx context.Context, tx pgx.Tx, by storelink.Asker, more int) error {
	var pending int
	err := tx.QueryRow(ctx, `
		SELECT COALESCE(sum(pending), 0) FROM runs WHERE organization_id = $1 AND ended_at IS NULL`,
		by.OrganizationID).Scan(&pending)
	if err != nil {
		return wrap("count unfinished items", err)
	}
	if pending+more > storelink.MaxUnfinishedItems {
		e := storelink.Errorf(storelink.ErrTooManyRequests, "%d stores are still being worked on: try again when some are done", pending)
		e.RetryAfter = time.Minute
		return e
	}
	return nil
}

// lockMappings makes the mappings that do not exist yet, locks all of them in the order of their ids, and returns the
// ids in the order of the asks.
func lockMappings(ctx context.Context, tx pgx.Tx, by storelink.Asker, asks []storelink.Ask) ([]string, error) {
	brands, stores := make([]string, len(asks)), make([]string, len(asks))
	fresh := make([]string, len(asks))
	for i, a := range asks {
		brands[i], stores[i], fresh[i] = a.Store.BrandID, a.Store.StoreID, newID()
	}
	// In the order of the stores, so that two overlapping runs never wait for each other.
	_, err := tx.Exec(ctx, `
		INSERT INTO mappings (id, organization_id, brand_id, store_id, organization_name, brand_name, store_name)
		SELECT a.id, $1, a.brand_id, a.store_id, o.name, COALESCE(b.name, ''), COALESCE(s.name, '')
		FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS a (id, brand_id, store_id)
		JOIN organizations o ON o.id = $1
		LEFT JOIN brands b ON b.organization_id = $1 AND b.id = a.brand_id
		LEFT JOIN remote_stores s ON s.organization_id = $1 AND s.brand_id = a.brand_id AND s.id = a.store_id
		ORDER BY a.brand_id, a.store_id
		ON CONFLICT (organization_id, brand_id, store_id) DO NOTHING`, by.OrganizationID, fresh, brands, stores)
	if err != nil {
		return nil, wrap("make mappings", err)
	}
	rows, err := tx.Query(ctx, `
		SELECT m.id::text, m.brand_id::text, m.store_id::text FROM mappings m
		JOIN unnest($2::uuid[], $3::uuid[]) AS a (brand_id, store_id) ON a.brand_id = m.brand_id AND a.store_id = m.store_id
		WHERE m.organization_id = $1 ORDER BY m.id FOR UPDATE OF m`, by.OrganizationID, brands, stores)
	if err != nil {
		return nil, wrap("lock mappings", err)
	}
	found := make(map[storelink.StoreRef]string, len(asks))
	var id string
	var ref storelink.StoreRef
	_, err = pgx.ForEachRow(rows, []any{&id, &ref.BrandID, &ref.StoreID}, func() error {
		found[ref] = id
		return nil
	})
	if err != nil {
		return nil, wrap("lock mappings", err)
	}
	ids := make([]string, len(asks))
	for i, a := range asks {
		ids[i] = found[a.Store]
	}
	return ids, nil
}

// checkTaken refuses the whole request where another mapping desires, shows or may restore an asked id, and does not
// leave it in this same request.
func checkTaken(ctx context.Context, tx pgx.Tx, by storelink.Asker, asks []storelink.Ask, ids []string) error {
	taken, err := findTaken(ctx, tx, by.OrganizationID, asks, ids)
	if err != nil || len(taken) == 0 {
		return err
	}
	e := storelink.Errorf(storelink.ErrLocalStoreIDTaken, "%d of the local store ids are used by other stores", len(taken))
	for i := range asks {
		if holder, ok := taken[i]; ok {
			e.Fields = append(e.Fields, storelink.FieldError{Pointer: fmt.Sprintf("/items/%d/localStoreId", i), Detail: holder})
		}
	}
	return e
}

// findTaken returns, by position, who holds an asked id, in words. A holder is named within its own organization only.
// A mapping that is itself asked for wants another id now, as each id stands in a request once: it leaves what it has.
func findTaken(ctx context.Context, q querier, organizationID string, asks []storelink.Ask, ids []string) (map[int]string, error) {
	var numbers []int
	var wanted []string
	asked := make(map[string]bool, len(ids))
	for i, a := range asks {
		asked[ids[i]] = true
		if a.LocalStoreID != "" {
			numbers, wanted = append(numbers, i), append(wanted, a.LocalStoreID)
		}
	}
	rows, err := q.Query(ctx, `
		WITH a AS MATERIALIZED (SELECT * FROM unnest($2::int[], $3::text[]) AS a (number, local_id))
		SELECT a.number, m.id::text, CASE WHEN m.organization_id = $1 THEN m.store_name ELSE '' END
		FROM a JOIN mappings m ON m.desired_local_id = a.local_id
		UNION ALL
		SELECT a.number, m.id::text, CASE WHEN m.organization_id = $1 THEN m.store_name ELSE '' END
		FROM a JOIN mappings m ON m.observed_local_id = a.local_id
		UNION ALL
		SELECT a.number, m.id::text, CASE WHEN m.organization_id = $1 THEN m.store_name ELSE '' END
		FROM a JOIN mappings m ON m.restore_local_id = a.local_id`, organizationID, numbers, wanted)
	if err != nil {
		return nil, wrap("find taken ids", err)
	}
	taken := map[int]string{}
	var number int
	var holder, name string
	_, err = pgx.ForEachRow(rows, []any{&number, &holder, &name}, func() error {
		if asked[holder] {
			return nil
		}
		taken[number] = "is used by another store"
		if name != "" {
			taken[number] += ": " + name
		}
		return nil
	})
	return taken, wrap("find taken ids", err)
}

// supersede ends the older items of the mappings and returns the numbers of those of each run.
func supersede(ctx context.Context, tx pgx.Tx, ids []string) (map[string][]int, error) {
	rows, err := tx.Query(ctx, `
		UPDATE run_items i SET outcome = 'superseded', ended_at = storelink_now(), observed_local_id = m.observed_local_id
		FROM mappings m
		WHERE m.id = i.mapping_id AND i.mapping_id = ANY($1::uuid[]) AND i.outcome IS NULL
		RETURNING i.run_id::text, i.number`, ids)
	if err != nil {
		return nil, wrap("supersede items", err)
	}
	superseded := map[string][]int{}
	var runID string
	var number int
	_, err = pgx.ForEachRow(rows, []any{&runID, &number}, func() error {
		superseded[runID] = append(superseded[runID], number)
		return nil
	})
	return superseded, wrap("supersede items", err)
}

func insertRun(ctx context.Context, tx pgx.Tx, runID string, by storelink.Asker, asks []storelink.Ask, ids []string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO runs (id, organization_id, actor, request_id, total, pending) VALUES ($1, $2, $3, $4, $5, $5)`,
		runID, by.OrganizationID, by.Actor, by.RequestID, len(asks))
	if err != nil {
		return wrap("insert run", err)
	}
	numbers, wanted, replaces := make([]int, len(asks)), make([]string, len(asks)), make([]string, len(asks))
	replacesAny, events := make([]bool, len(asks)), make([]string, len(asks))
	for i, a := range asks {
		numbers[i], wanted[i], replaces[i], replacesAny[i], events[i] = i, a.LocalStoreID, a.Replaces, a.ReplacesAny, newID()
	}
	batch := &pgx.Batch{}
	batch.Queue(askEvents, events, ids, wanted, by.Actor, by.RequestID, runID)
	lane := storelink.LaneBackground
	if len(asks) <= storelink.MaxInteractiveItems {
		lane = storelink.LaneInteractive
	}
	batch.Queue(askMappings, ids, numbers, wanted, replaces, replacesAny, runID, lane)
	batch.Queue(`
		INSERT INTO run_items (run_id, number, mapping_id, generation, local_store_id)
		SELECT $1, a.number, m.id, m.generation, NULLIF(a.local_id, '')
		FROM unnest($2::uuid[], $3::int[], $4::text[]) AS a (mapping_id, number, local_id)
		JOIN mappings m ON m.id = a.mapping_id`, runID, ids, numbers, wanted)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		if violates(err, "mappings_desired_local_id_key") {
			return err
		}
		return wrap("write asks", err)
	}
	return nil
}

const askEvents = `
	INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, request_id, run_id)
	SELECT a.id, m.id, $4, 'asked', m.desired_local_id, NULLIF(a.local_id, ''), $5, $6
	FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS a (id, mapping_id, local_id)
	JOIN mappings m ON m.id = a.mapping_id`

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
		due_at         = storelink_now(), due_for = 'ask',
		run_id         = $6, item_number = a.number,
		updated_at     = storelink_now()
	FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bool[]) AS a (mapping_id, number, local_id, replaces, replaces_any)
	WHERE m.id = a.mapping_id`

// SweepIdempotencyKeys forgets keys that are older than a day.
func (db *DB) SweepIdempotencyKeys(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < storelink_now() - interval '24 hours'`)
	return wrap("sweep idempotency keys", err)
}
