package store

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"storelink"
	"storelink/internal/storetest"
)

const rate = 20

// A clocked is a budget on a database whose clock stands still until it is set.
type clocked struct {
	*Budget
	at time.Time
}

func newClocked(t testing.TB) *clocked {
	t.Helper()
	db, err := Open(t.Context(), storetest.URL(t), Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	_, err = db.pool.Exec(t.Context(), `
		CREATE TABLE clock AS SELECT timestamptz '2026-01-01 00:00:00Z' AS at;
		CREATE OR REPLACE FUNCTION storelink_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM clock'`)
	require.NoError(t, err)
	b, err := db.Budget(t.Context(), "test", rate)
	require.NoError(t, err)
	c := &clocked{Budget: b}
	require.NoError(t, db.pool.QueryRow(t.Context(), `SELECT at FROM clock`).Scan(&c.at))
	return c
}

func (c *clocked) advance(t require.TestingT, d time.Duration) {
	c.at = c.at.Add(d)
	_, err := c.db.pool.Exec(context.Background(), `UPDATE clock SET at = $1`, c.at)
	require.NoError(t, err)
}

func (c *clocked) reset(t require.TestingT) {
	_, err := c.db.pool.Exec(context.Background(), `
		UPDATE budgets SET next_slot = $1, last_slot = NULL, slowdown = 1, lowered_at = NULL, not_before = NULL,
			last_throttled_store = NULL, last_throttled_at = NULL`, c.at)
	require.NoError(t, err)
}

// given returns the slot that was given last.
func (c *clocked) given(t require.TestingT) (at time.Time) {
	err := c.db.pool.QueryRow(context.Background(), `SELECT last_slot FROM budgets`).Scan(&at)
	require.NoError(t, err)
	return at
}

func (c *clocked) mustBook(t require.TestingT) time.Time {
	_, err := c.book(context.Background(), storelink.LaneInteractive)
	require.NoError(t, err)
	return c.given(t)
}

// Any interleaving of both lanes, of calls that are cancelled, give their slot up, or are late for it by what they may.
func TestNoSecondSeesMoreThanTheRateAndNoSlotIsLost(t *testing.T) {
	c := newClocked(t)
	rapid.Check(t, func(t *rapid.T) {
		c.reset(t)
		next := c.at // the slot that has to be given next, where somebody asks for it in time
		var sent []time.Time
		for range rapid.IntRange(1, 40).Draw(t, "calls") {
			c.advance(t, time.Duration(rapid.IntRange(0, 90).Draw(t, "pause"))*time.Millisecond)
			if rapid.Bool().Draw(t, "background") {
				_, err := c.bookDue(context.Background(), storelink.LaneBackground)
				if next.After(c.at.Add(leadTime)) {
					require.ErrorIs(t, err, pgx.ErrNoRows, "somebody waits for an earlier slot, or none is due")
					continue
				}
				require.NoError(t, err)
			} else {
				c.mustBook(t)
			}
			slot := c.given(t)
			if c.at.After(next) {
				next = c.at
			}
			require.WithinDuration(t, next, slot, time.Microsecond)
			next = slot.Add(c.spacing)
			if rapid.IntRange(0, 4).Draw(t, "given up") > 0 {
				sent = append(sent, slot.Add(time.Duration(rapid.IntRange(0, 25).Draw(t, "late"))*time.Millisecond))
			}
		}
		for i, first := range sent {
			seen := 0
			for _, other := range sent {
				if !other.Before(first) && other.Before(first.Add(time.Second)) {
					seen++
				}
			}
			require.LessOrEqual(t, seen, rate, "in the second that begins with call %d", i)
		}
	})
}

func TestA429OfOneStoreIsThatStoresAlone(t *testing.T) {
	c := newClocked(t)
	for range 3 {
		c.Throttled(t.Context(), "store-1", time.Minute)
	}
	c.advance(t, time.Second)
	c.Throttled(t.Context(), "store-2", time.Minute)
	require.Equal(t, c.at, c.mustBook(t).In(c.at.Location()))
	require.WithinDuration(t, c.at.Add(c.spacing), c.mustBook(t), time.Microsecond)
}

func TestA429OfEverybodyLowersTheRateAndItClimbsBack(t *testing.T) {
	for _, tc := range []struct {
		name string
		say  func(c *clocked)
	}{
		{"of the organization", func(c *clocked) { c.Throttled(context.Background(), "", 2*time.Second) }},
		{"of two stores", func(c *clocked) {
			c.Throttled(context.Background(), "store-1", 2*time.Second)
			c.Throttled(context.Background(), "store-2", 2*time.Second)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClocked(t)
			share := func(want float64) {
				t.Helper()
				first := c.mustBook(t)
				spacing := c.mustBook(t).Sub(first)
				require.InDelta(t, want, c.spacing.Seconds()/spacing.Seconds(), 0.01)
			}
			tc.say(c)
			tc.say(c) // calls under way say nothing new
			_, err := c.bookDue(t.Context(), storelink.LaneBackground)
			require.ErrorIs(t, err, pgx.ErrNoRows, "upstream asked for silence")
			require.WithinDuration(t, c.at.Add(2*time.Second), c.mustBook(t), time.Microsecond)

			c.advance(t, 4*time.Second)
			share(0.6)
			c.advance(t, 5*time.Second)
			share(0.85)
			c.advance(t, time.Minute)
			share(1)

			for range 6 {
				tc.say(c)
				c.advance(t, time.Second)
			}
			c.advance(t, time.Second)
			_, err = c.db.pool.Exec(t.Context(), `UPDATE budgets SET next_slot = storelink_now()`)
			require.NoError(t, err)
			share(1. / 16)
		})
	}
}

func TestWhatUpstreamAsksForIsBounded(t *testing.T) {
	c := newClocked(t)
	c.Throttled(t.Context(), "", 24*time.Hour)
	require.WithinDuration(t, c.at.Add(maxSilence), c.mustBook(t), time.Microsecond)
}

// Two replicas with both lanes at once, on the real clock: each call gets a slot of its own.
func TestReplicasShareOneRow(t *testing.T) {
	const fast, callers, each = 1000, 8, 10
	url := storetest.URL(t)
	var calls sync.WaitGroup
	var first *DB
	var begun time.Time
	for range 2 {
		db, err := Open(t.Context(), url, Options{})
		require.NoError(t, err)
		t.Cleanup(db.Close)
		b, err := db.Budget(t.Context(), "test", fast)
		require.NoError(t, err)
		if first == nil {
			first = db
			require.NoError(t, db.pool.QueryRow(t.Context(), `SELECT next_slot FROM budgets`).Scan(&begun))
		}
		for i := range callers {
			turn := storelink.Turn{Lane: storelink.LaneBackground, OrganizationID: string(rune('a' + i/4))}
			if i%2 == 0 {
				turn.Lane = storelink.LaneInteractive
			}
			calls.Go(func() {
				for range each {
					slot, err := b.Wait(t.Context(), turn)
					if err != nil || slot.IsZero() {
						t.Errorf("slot %v, error %v", slot, err)
						return
					}
				}
			})
		}
	}
	calls.Wait()
	var next time.Time
	require.NoError(t, first.pool.QueryRow(t.Context(), `SELECT next_slot FROM budgets`).Scan(&next))
	spacing := (time.Second + maxJitter) / fast
	require.GreaterOrEqual(t, next.Sub(begun)+time.Millisecond, 2*callers*each*spacing)
}

func TestNoLimitWaitsForNothing(t *testing.T) {
	b := &Budget{}
	slot, err := b.Wait(t.Context(), storelink.Turn{})
	require.NoError(t, err)
	require.Zero(t, slot)
	b.Throttled(t.Context(), "", time.Minute)
}

func TestOrganizationsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns
		leave, err := all.enter(t.Context(), "a")
		require.NoError(t, err)
		var order []string
		gone, cancel := context.WithCancel(t.Context())
		for _, caller := range []string{"a1", "a2", "a3", "b1", "bx", "b2", "c1", "dx"} {
			ctx := t.Context()
			if caller[1] == 'x' {
				ctx = gone
			}
			go func() {
				leave, err := all.enter(ctx, caller[:1])
				if err != nil {
					return
				}
				order = append(order, caller)
				leave()
			}()
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		leave()
		synctest.Wait()
		require.Equal(t, []string{"a1", "b1", "c1", "a2", "b2", "a3"}, order)
		require.False(t, all.taken)
		require.Empty(t, all.waiting)
	})
}

func TestAnOrganizationBooksTenSlotsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all limits
		var leaves []func()
		for range maxBooked {
			leave, err := all.enter(t.Context(), "a")
			require.NoError(t, err)
			leaves = append(leaves, leave)
		}
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := all.enter(brief, "a")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		leave, err := all.enter(t.Context(), "b")
		require.NoError(t, err, "others have places of their own")
		for _, leave := range append(leaves, leave) {
			leave()
		}
		require.Empty(t, all.of)
	})
}

func BenchmarkBook(b *testing.B) {
	db, err := Open(b.Context(), storetest.URL(b), Options{})
	require.NoError(b, err)
	defer db.Close()
	budget, err := db.Budget(b.Context(), "test", rate)
	require.NoError(b, err)
	for b.Loop() {
		_, err := budget.book(b.Context(), storelink.LaneInteractive)
		require.NoError(b, err)
	}
}

// What each lane takes is counted in stretches of ten seconds; both together are the last ten.
func TestSlotsAreCountedByLane(t *testing.T) {
	c := newClocked(t)
	used := func() map[storelink.Lane]float64 {
		v, err := c.db.Vitals(t.Context(), "test")
		require.NoError(t, err)
		return v.Budget.Used
	}
	require.Equal(t, map[storelink.Lane]float64{"interactive": 0, "background": 0, "drift": 0}, used())
	for i := range 30 { // 15 s
		c.advance(t, 500*time.Millisecond)
		c.mustBook(t)
		if i%2 == 0 {
			c.advance(t, 100*time.Millisecond)
			_, err := c.bookDue(t.Context(), storelink.LaneDrift)
			require.NoError(t, err)
		}
	}
	now := used()
	require.InDelta(t, 1.8, now[storelink.LaneInteractive], 0.3)
	require.InDelta(t, 0.9, now[storelink.LaneDrift], 0.2)
	require.Zero(t, now[storelink.LaneBackground])
	c.advance(t, 30*time.Second)
	require.Zero(t, used()[storelink.LaneInteractive])
}
