package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const (
	// maxJitter is by how much a call may be late for its slot without a sliding second seeing more calls than the rate.
	maxJitter = 25 * time.Millisecond
	// leadTime is how long before it is due a slot may be given to the background lane.
	leadTime = 10 * time.Millisecond
	// maxBooked is how many slots an organization's interactive calls may have booked ahead in one replica.
	maxBooked = 10
	// maxSilence bounds what upstream may ask for with Retry-After.
	maxSilence = time.Minute
	// throttledPatience bounds the note of a 429: nobody waits for it, and the next one says the same.
	throttledPatience = 2 * time.Second
)

// Budget is the shared budget of authenticated upstream calls behind one egress address (GCRA over one row).
//
// Interactive calls book the next free slot, ahead of time if need be; the background lane takes a slot only right
// before it is due, so that it gets what interactive calls leave. An organization has at most ten slots booked ahead in
// each replica, first come first served: a call of another one waits behind no more than these. In the background lane
// one call of a replica waits for the row at a time, and organizations take turns.
type Budget struct {
	db      *DB
	egress  string
	spacing time.Duration
	booked  limits
	turns   turns

	mu     sync.Mutex
	silent time.Time // slots before it are given up: upstream asked for silence after they were booked
}

// Budget returns the budget of an egress address at rate calls per second, and makes its row. A rate of 0 or less
// means no limit.
func (db *DB) Budget(ctx context.Context, egress string, rate float64) (*Budget, error) {
	b := &Budget{db: db, egress: egress}
	if rate > 0 {
		b.spacing = time.Duration(float64(time.Second+maxJitter) / rate)
	}
	_, err := db.pool.Exec(ctx, `
		INSERT INTO budgets (egress, next_slot) VALUES ($1, storelink_now()) ON CONFLICT DO NOTHING`, egress)
	return b, wrap("make budget", err)
}

// Wait takes a slot for the turn, waits for it, and returns the earliest time at which it can have been; the zero time
// where there is no limit. A caller that was not ready in time for its slot gives it up by waiting again.
func (b *Budget) Wait(ctx context.Context, turn storelink.Turn) (time.Time, error) {
	if b.spacing == 0 {
		return time.Time{}, ctx.Err()
	}
	began := time.Now()
	if turn.Lane == storelink.LaneInteractive {
		leave, err := b.booked.enter(ctx, turn.OrganizationID)
		if err != nil {
			return time.Time{}, err
		}
		defer leave()
	}
	for {
		s, err := b.take(ctx, turn)
		if err != nil {
			return time.Time{}, err
		}
		if err := pause(ctx, time.Until(s.latest)); err != nil {
			return time.Time{}, err
		}
		if !b.silenced(s.latest) {
			b.db.metrics.booked(began, turn.Lane)
			return s.earliest, nil
		}
	}
}

func (b *Budget) take(ctx context.Context, turn storelink.Turn) (slot, error) {
	if turn.Lane == storelink.LaneInteractive {
		return b.book(ctx, turn.Lane)
	}
	leave, err := b.turns.enter(ctx, turn.OrganizationID)
	if err != nil {
		return slot{}, err
	}
	defer leave()
	for {
		s, err := b.bookDue(ctx, turn.Lane)
		if !errors.Is(err, pgx.ErrNoRows) {
			return s, wrap("book slot", err)
		}
		due, err := b.untilDue(ctx)
		if err != nil {
			return slot{}, err
		}
		if err := pause(ctx, due-leadTime); err != nil {
			return slot{}, err
		}
	}
}

// A slot lies on the database's clock; here it is known to lie between two times of our own.
type slot struct{ earliest, latest time.Time }

// bookSQL takes the next free slot in one statement, counts it as its lane's, and returns how far ahead it lies and how long the statement had
// run by then. The clock and the row are both read after the row is locked, and again where it had changed.
const bookSQL = `
	WITH volatile AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
	UPDATE budgets b SET (last_slot, next_slot, stretch_began, before_slots, stretch_slots) = (
		SELECT q.slot, q.slot + make_interval(secs => $2 / storelink_rate_share(b.slowdown, b.lowered_at, b.not_before, q.slot)),
		       s.began,
		       CASE b.stretch_began WHEN s.began THEN b.before_slots WHEN s.began - interval '10 s' THEN b.stretch_slots ELSE '{0,0,0}' END,
		       CASE b.stretch_began WHEN s.began THEN ARRAY[b.stretch_slots[1] + l.one, b.stretch_slots[2] + l.two, b.stretch_slots[3] + l.three]
		                            ELSE ARRAY[l.one, l.two, l.three] END
		FROM (SELECT GREATEST(b.next_slot, b.not_before, storelink_now()) AS slot OFFSET 0) q,
		     LATERAL (SELECT date_bin('10 s', q.slot, '2000-01-01Z') AS began) s,
		     (SELECT ($3 = 1)::int, ($3 = 2)::int, ($3 = 3)::int) AS l (one, two, three))
	FROM volatile WHERE b.egress = $1`

const bookedSQL = `
	RETURNING EXTRACT(EPOCH FROM b.last_slot - storelink_now())::float8,
	          EXTRACT(EPOCH FROM clock_timestamp() - statement_timestamp())::float8`

// placeOf is a lane's place, from 1, in the counts of slots.
func placeOf(lane storelink.Lane) int { return slices.Index(storelink.Lanes, lane) + 1 }

// book takes the next free slot, however far ahead it is. It is not durable: after a crash of the database the row may
// be a few slots behind.
func (b *Budget) book(ctx context.Context, lane storelink.Lane) (slot, error) {
	s, err := b.reserve(ctx, bookSQL+bookedSQL, b.egress, b.spacing.Seconds(), placeOf(lane))
	return s, wrap("book slot", err)
}

// bookDue takes the next free slot where it is due within the lead time, else returns pgx.ErrNoRows.
func (b *Budget) bookDue(ctx context.Context, lane storelink.Lane) (slot, error) {
	return b.reserve(ctx, bookSQL+`
		AND GREATEST(b.next_slot, b.not_before) <= storelink_now() + make_interval(secs => $4)`+bookedSQL,
		b.egress, b.spacing.Seconds(), placeOf(lane), leadTime.Seconds())
}

// reserve begins to count when it has a connection, and leaves out the time that the statement waited for the row: the
// database read its clock no sooner than it had run that long after it was sent, and no later than the answer came.
func (b *Budget) reserve(ctx context.Context, sql string, args ...any) (slot, error) {
	conn, err := b.db.budget.Acquire(ctx)
	if err != nil {
		return slot{}, err
	}
	defer conn.Release()
	var ahead, ran float64
	sent := time.Now()
	if err := conn.QueryRow(ctx, sql, args...).Scan(&ahead, &ran); err != nil {
		return slot{}, err
	}
	got := time.Now()
	read := sent.Add(max(0, min(seconds(ran), got.Sub(sent))))
	return slot{earliest: read.Add(seconds(ahead)), latest: got.Add(seconds(ahead))}, nil
}

func (b *Budget) untilDue(ctx context.Context) (time.Duration, error) {
	var due float64
	err := b.db.budget.QueryRow(ctx, `
		SELECT EXTRACT(EPOCH FROM GREATEST(next_slot, not_before) - storelink_now())::float8 FROM budgets WHERE egress = $1`,
		b.egress).Scan(&due)
	return seconds(due), wrap("read budget", err)
}

// Throttled notes a 429. A call of one store is remembered alone; a call of the whole organization (no storeID), or of
// another store than that of a 429 less than a second ago, means everybody: the rate is halved, down to a sixteenth,
// and nobody gets a slot before retryAfter is over. Calls that were under way when the rate was lowered say nothing new,
// so it is lowered once a second at most. It climbs back by itself. A note that fails is dropped: the next 429 says the same.
func (b *Budget) Throttled(ctx context.Context, storeID string, retryAfter time.Duration) {
	if b.spacing == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), throttledPatience)
	defer cancel()
	retryAfter = min(max(retryAfter, 0), maxSilence)
	var remaining float64
	sent := time.Now()
	err := b.db.budget.QueryRow(ctx, `
		UPDATE budgets b SET (slowdown, lowered_at, not_before, last_throttled_store, last_throttled_at) = (
			SELECT CASE WHEN q.lower THEN LEAST(16, 2 / storelink_rate_share(b.slowdown, b.lowered_at, b.not_before, q.at)) ELSE b.slowdown END,
			       CASE WHEN q.lower THEN q.at ELSE b.lowered_at END,
			       CASE WHEN q.everybody THEN GREATEST(b.not_before, q.at + make_interval(secs => $3)) ELSE b.not_before END,
			       $2, q.at
			FROM (
				SELECT e.at, e.everybody, e.everybody AND COALESCE(b.lowered_at <= e.at - interval '1 second', true) AS lower
				FROM (
					SELECT c.at, $2 = '' OR COALESCE(b.last_throttled_store <> $2 AND b.last_throttled_at > c.at - interval '1 second', false)
					       AS everybody
					FROM (SELECT storelink_now() AS at OFFSET 0) c
				) e
			) q)
		WHERE b.egress = $1
		RETURNING COALESCE(EXTRACT(EPOCH FROM b.not_before - storelink_now()), 0)::float8`,
		b.egress, storeID, retryAfter.Seconds()).Scan(&remaining)
	if err == nil && remaining > 0 {
		b.silence(sent.Add(seconds(remaining)))
	}
}

func (b *Budget) silence(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.silent) {
		b.silent = until
	}
}

func (b *Budget) silenced(at time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return at.Before(b.silent)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
