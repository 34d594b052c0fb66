package store

import (
	"context"
	"time"
)

// maxJitter is by how much a call may be late for its slot without a sliding second seeing more calls than the rate.
const maxJitter = 25 * time.Millisecond

// Budget is the shared budget of authenticated upstream calls behind one egress address (GCRA over one row).
type Budget struct {
	db      *DB
	egress  string
	spacing time.Duration
	now     func() time.Time
}

// Budget returns the budget of an egress address at rate calls per second, and makes its row. A rate of 0 or less
// means no limit.
func (db *DB) Budget(ctx context.Context, egress string, rate float64) (*Budget, error) {
	b := &Budget{db: db, egress: egress, now: time.Now}
	if rate > 0 {
		b.spacing = time.Duration(float64(time.Second+maxJitter) / rate)
	}
	_, err := db.pool.Exec(ctx, `
		INSERT INTO budgets (egress, next_slot) VALUES ($1, storelink_now()) ON CONFLICT DO NOTHING`, egress)
	return b, wrap("make budget", err)
}

// Wait books the next free slot, waits for it, and returns when it was. A caller that was not ready in time for its
// slot gives it up by waiting again.
func (b *Budget) Wait(ctx context.Context) (time.Time, error) {
	if b.spacing == 0 {
		return b.now(), nil
	}
	in, err := b.book(ctx)
	if err != nil {
		return time.Time{}, err
	}
	slot := b.now().Add(in)
	if in <= 0 {
		return slot, nil
	}
	timer := time.NewTimer(in)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-timer.C:
		return slot, nil
	}
}

// book takes the next free slot in one statement, and returns how far ahead it lies. Both the clock and the row are
// read after the row is locked. It is not durable: after a crash of the database the row may be a few slots behind.
func (b *Budget) book(ctx context.Context) (time.Duration, error) {
	var ahead float64
	err := b.db.leases.QueryRow(ctx, `
		WITH volatile AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
		UPDATE budgets SET next_slot = GREATEST(next_slot, storelink_now()) + make_interval(secs => $2)
		FROM volatile WHERE egress = $1
		RETURNING EXTRACT(EPOCH FROM next_slot - make_interval(secs => $2) - storelink_now())::float8`,
		b.egress, b.spacing.Seconds()).Scan(&ahead)
	if err != nil {
		return 0, wrap("book slot", err)
	}
	return time.Duration(ahead * float64(time.Second)), nil
}
