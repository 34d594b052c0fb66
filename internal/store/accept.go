package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"storelink"
)

const acceptTries = 10

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
		// Two asks for one free id, or for one store that nobody asked for before, race to a constraint: the loser looks
		// again, and finds the id taken, or the store asked for.
		if !lostRace(err) {
			break
		}
	}
	return runID, repeated, err
}

// lostRace reports whether another transaction was first, so that the same may well succeed now.
func lostRace(err error) bool {
	var pgErr *pgconn.PgError
	const deadlock = "40P01"
	return errors.Is(err, errAskedMeanwhile) || desiredTwice(err) ||
		errors.As(err, &pgErr) && pgErr.Code == deadlock
}

func accept(ctx context.Context, tx pgx.Tx, by storelink.Asker, asks []storelink.Ask, key *storelink.IdempotencyKey) (string, bool, error) {
	if err := lockSession(ctx, tx, by); err != nil {
		return "", false, err
	}
	permission, err := lockPermission(ctx, tx, by)
	if err != nil {
		return "", false, err
	}
	if permission != nil && permission.ConnectSessionID != "" {
		by.Reason = "by connect session " + permission.ConnectSessionID + ", made by " + permission.MintedBy
	}
	if key != nil {
		if runID, err := firstRun(ctx, tx, by, key); runID != "" || err != nil {
			return runID, true, err
		}
	}
	if err := checkUnfinished(ctx, tx, by, len(asks)); err != nil {
		return "", false, err
	}
	targets, err := lockTargets(ctx, tx, by, asks)
	if err != nil {
		return "", false, err
	}
	if asks, err = checkAllowed(ctx, tx, permission, asks, targets); err != nil {
		return "", false, err
	}
	ids := targets.ids()
	if err := checkTaken(ctx, tx, by, asks, ids); err != nil {
		return "", false, err
	}
	superseded, err := supersede(ctx, tx, ids)
	if err != nil {
		return "", false, err
	}
	runID := newID()
	if err := insertRun(ctx, tx, runID, by, asks, targets); err != nil {
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

// SweepIdempotencyKeys forgets keys that are older than a day.
func (db *DB) SweepIdempotencyKeys(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < storelink_now() - interval '24 hours'`)
	return wrap("sweep idempotency keys", err)
}
