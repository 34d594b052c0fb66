package onboard_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

func (r *rig) cancel(runID string) (storelink.Run, error) {
	return r.runs.Cancel(r.t.Context(), storelink.Asker{OrganizationID: r.org, Actor: "user", RequestID: "cancelling"}, runID)
}

// claim takes everything that is due, as a replica does that dies then.
func (r *rig) claim() []*storelink.Work {
	r.t.Helper()
	work, err := r.db.Claim(r.t.Context(), storelink.Room{All: 100, Background: 100}, lateness)
	require.NoError(r.t, err)
	return work
}

// settled makes stores connected by asks that a replica worked off; none is left running.
func (r *rig) settled(ids map[int]string) {
	r.t.Helper()
	stop := r.replica()
	for n, id := range ids {
		require.Equal(r.t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(n), LocalStoreID: id}).Outcome)
		// On a slow machine an answer may have come too late, so that a look is still to follow, or under way.
		r.eventually("nothing is left to do", func() bool { return r.mapping(n).NextTryAt == nil && !r.busy(n) })
	}
	stop()
	r.box.ResetCalls()
}

// busy reports whether a pass has the store's mapping, or something that one did is not known to be over.
func (r *rig) busy(n int) bool {
	r.t.Helper()
	var busy bool
	require.NoError(r.t, r.sql.QueryRow(r.t.Context(), `
		SELECT lease_token IS NOT NULL OR verify_at IS NOT NULL OR intent_call IS NOT NULL FROM mappings WHERE store_id = $1`,
		r.stores[n].StoreID).Scan(&busy))
	return busy
}

func (r *rig) outcomes(runID string) []storelink.Outcome {
	r.t.Helper()
	var outcomes []storelink.Outcome
	for _, item := range r.items(runID) {
		outcomes = append(outcomes, item.Outcome)
	}
	return outcomes
}

func TestCancelBeforeAPass(t *testing.T) {
	for _, c := range []struct {
		name     string
		byHand   string
		before   string // asked for and settled before
		then     string // SQL on the mapping $1, between the ask and its cancelling
		ask      storelink.Ask
		state    storelink.MappingState
		desired  string
		observed string
		managed  bool
	}{
		{name: "never asked for", ask: storelink.Ask{LocalStoreID: "A"}, state: storelink.StateUnmanaged},
		{name: "connected by hand", byHand: "H", ask: storelink.Ask{LocalStoreID: "A", Replaces: "H"},
			state: storelink.StateUnmanaged, observed: "H"},
		{name: "disconnect of what was connected by hand", byHand: "H", ask: storelink.Ask{ReplacesAny: true},
			state: storelink.StateUnmanaged, observed: "H"},
		{name: "replace", before: "B", ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			state: storelink.StateConnected, desired: "B", observed: "B", managed: true},
		{name: "disconnect", before: "B", ask: storelink.Ask{ReplacesAny: true},
			state: storelink.StateConnected, desired: "B", observed: "B", managed: true},
		{name: "another desires the old id by now", before: "B", ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			then: `INSERT INTO mappings (id, organization_id, brand_id, store_id, desired_kind, desired_local_id)
				SELECT gen_random_uuid(), organization_id, brand_id, gen_random_uuid(), 'id', 'B' FROM mappings WHERE store_id = $1`,
			state: storelink.StateUnmanaged, observed: "B"},
		{name: "settled as disconnected", before: "", ask: storelink.Ask{LocalStoreID: "A"},
			then:  `UPDATE mappings SET settled_kind = 'none', settled_state = 'disconnected' WHERE store_id = $1`,
			state: storelink.StateDisconnected, managed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandbox.Options{})
			const n = 1
			if c.byHand != "" {
				require.True(t, r.box.SetConnection(r.stores[n].StoreID, c.byHand))
			}
			if c.before != "" {
				r.settled(map[int]string{n: c.before})
			}
			c.ask.Store = r.ref(n)
			run := r.begin(c.ask)
			if c.then != "" {
				r.exec(c.then, r.stores[n].StoreID)
			}
			cancelled, err := r.cancel(run)
			require.NoError(t, err)
			require.Equal(t, storelink.RunDone, cancelled.State)
			require.Equal(t, storelink.Counts{Cancelled: 1}, cancelled.Counts)
			require.NotNil(t, cancelled.EndedAt)
			items := r.items(run)
			require.Equal(t, storelink.OutcomeCancelled, items[0].Outcome)
			require.Equal(t, cancelled.Version, items[0].Version)
			check := func(m storelink.Mapping) {
				t.Helper()
				require.Equal(t, c.state, m.State)
				require.Equal(t, c.managed, m.Managed)
				require.Equal(t, c.desired, deref(m.DesiredLocalStoreID))
				require.Equal(t, c.ask.LocalStoreID, deref(m.AskedLocalStoreID), "for people to read")
				require.Equal(t, m.Generation, m.SettledGeneration)
			}
			check(r.mapping(n))
			require.NotNil(t, r.mapping(n).NextTryAt, "a look is due")

			r.replica()
			r.eventually("the look is over", func() bool { return r.mapping(n).NextTryAt == nil })
			require.Equal(t, []string{"GET"}, r.calls(n))
			require.Equal(t, c.observed, r.connected(n), "upstream")
			m := r.mapping(n)
			check(m)
			require.Equal(t, c.observed, deref(m.ObservedLocalStoreID))

			_, err = r.cancel(run)
			require.Equal(t, storelink.ErrRunEnded, storelink.CodeOf(err))
			if c.desired != "A" {
				r.exec(`DELETE FROM mappings WHERE desired_local_id = 'B' AND run_id IS NULL`)
				require.NotEqual(t, storelink.OutcomeFailed, r.onboard(storelink.Ask{Store: r.ref(n + 3), LocalStoreID: "A"}).Outcome, "the id is free")
			}
		})
	}
}

// What a pass has begun finishes, whatever became of the pass.
func TestCancelLeavesWhatHasBegun(t *testing.T) {
	for _, c := range []struct {
		name string
		then string // SQL on the mapping $1
	}{
		{"its lease is live", ``},
		{"its lease has lapsed", `UPDATE mappings SET leased_until = storelink_now() - interval '1 minute' WHERE store_id = $1`},
		{"its lease was handed back", `UPDATE mappings SET leased_until = NULL, lease_token = NULL WHERE store_id = $1`},
		{"an intent is open", `UPDATE mappings SET claimed_generation = 0, intent_call = 'post', intent_local_id = 'A' WHERE store_id = $1`},
		{"an id is to be restored", `UPDATE mappings SET claimed_generation = 0, restore_local_id = 'B' WHERE store_id = $1`},
		{"a write may come late", `UPDATE mappings SET claimed_generation = 0, verify_at = storelink_now() + interval '1 second' WHERE store_id = $1`},
		{"a pass has looked", `UPDATE mappings SET claimed_generation = 0, first_seen = true WHERE store_id = $1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandbox.Options{})
			run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
			require.Len(t, r.claim(), 1)
			other := r.begin(storelink.Ask{Store: r.ref(4), LocalStoreID: "C"})
			if c.then != "" {
				r.exec(c.then, r.stores[1].StoreID)
			}
			found, err := r.cancel(run)
			require.NoError(t, err, "nothing to cancel is no error while the run goes on")
			require.Equal(t, storelink.Counts{Pending: 1}, found.Counts)
			require.Equal(t, int64(1), found.Version, "nothing has changed")
			found, err = r.cancel(other)
			require.NoError(t, err)
			require.Equal(t, storelink.Counts{Cancelled: 1}, found.Counts)
			r.replica()
			item := r.finish(run)[0]
			require.Equal(t, storelink.OutcomeConnected, item.Outcome)
			require.Equal(t, "A", r.connected(1))
		})
	}
}

func TestCancelDuringPasses(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.settled(map[int]string{1: "A", 4: "B", 5: "C"})
	r.replica()
	r.fault(1, "GET", sandbox.Fault{Delay: lateness / 2})
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A-2", Replaces: "A"})
	r.eventually("the pass looks", func() bool { return len(r.calls(1)) == 1 })
	found, err := r.cancel(run)
	require.NoError(t, err)
	require.Equal(t, 1, found.Counts.Pending)
	require.Equal(t, storelink.OutcomeReplaced, r.finish(run)[0].Outcome)
	_, err = r.cancel(run)
	require.Equal(t, storelink.ErrRunEnded, storelink.CodeOf(err))
	require.Equal(t, []storelink.Outcome{storelink.OutcomeReplaced}, r.outcomes(run), "nothing is taken back")
}

// An item whose id another of the run holds is cancelled with it, or not at all.
func TestCancelKeepsChainsTogether(t *testing.T) {
	for _, c := range []struct {
		name     string
		claimed  int // a store that a pass has begun with; 0: none
		outcomes []storelink.Outcome
	}{
		{"none is begun", 0, []storelink.Outcome{storelink.OutcomeCancelled, storelink.OutcomeCancelled, storelink.OutcomeCancelled}},
		{"who takes over is begun", 1, []storelink.Outcome{"", "", storelink.OutcomeCancelled}},
		{"who leaves is begun", 4, []storelink.Outcome{"", "", storelink.OutcomeCancelled}},
		{"a stranger is begun", 5, []storelink.Outcome{storelink.OutcomeCancelled, storelink.OutcomeCancelled, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandbox.Options{})
			r.settled(map[int]string{4: "B"})
			run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}, storelink.Ask{Store: r.ref(4), LocalStoreID: "C", Replaces: "B"},
				storelink.Ask{Store: r.ref(5), LocalStoreID: "D"})
			r.exec(`UPDATE mappings SET observed_local_id = 'A' WHERE store_id = $1`, r.stores[4].StoreID)
			if c.claimed > 0 {
				r.exec(`UPDATE mappings SET claimed_generation = generation WHERE store_id = $1`, r.stores[c.claimed].StoreID)
			}
			_, err := r.cancel(run)
			require.NoError(t, err)
			require.Equal(t, c.outcomes, r.outcomes(run))
		})
	}
}

// Of two stores that had one id, one after the other, it goes back to the one that shows it.
func TestCancelGivesAnIDBackOnce(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.settled(map[int]string{1: "A", 4: "B"})
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "C"}, storelink.Ask{Store: r.ref(4), LocalStoreID: "D"})
	r.exec(`UPDATE mappings SET settled_local_id = 'B' WHERE store_id = $1`, r.stores[1].StoreID)
	_, err := r.cancel(run)
	require.NoError(t, err)
	require.False(t, r.mapping(1).Managed)
	require.Equal(t, storelink.StateUnmanaged, r.mapping(1).State)
	require.Equal(t, "B", deref(r.mapping(4).DesiredLocalStoreID))
	require.Equal(t, storelink.StateConnected, r.mapping(4).State)
}

func TestCancelOfSupersededItems(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	older := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}, storelink.Ask{Store: r.ref(4), LocalStoreID: "B"})
	newer := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "C"})
	_, err := r.cancel(older)
	require.NoError(t, err)
	require.Equal(t, []storelink.Outcome{storelink.OutcomeSuperseded, storelink.OutcomeCancelled}, r.outcomes(older))
	require.Equal(t, "C", deref(r.mapping(1).DesiredLocalStoreID), "the newer ask stands")
	_, err = r.cancel(newer)
	require.NoError(t, err)
	require.False(t, r.mapping(1).Managed, "back to what was settled: nothing")
}

func TestCancelIsTheOrganizationsOwn(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
	for _, id := range []string{"01890000-0000-7000-8000-000000000000", r.ref(1).StoreID} {
		_, err := r.runs.Cancel(t.Context(), storelink.Asker{OrganizationID: id}, run)
		require.Equal(t, storelink.ErrNotFound, storelink.CodeOf(err))
	}
	_, err := r.runs.Cancel(t.Context(), storelink.Asker{OrganizationID: r.org, SessionID: r.ref(1).StoreID}, run)
	require.Equal(t, storelink.ErrNotSignedIn, storelink.CodeOf(err))
	require.Equal(t, []storelink.Outcome{""}, r.outcomes(run))
}

// Every change of an item raises the run's version, and the item tells which: whoever knows a version finds what came
// after it, each item once.
func TestItemsCarryTheVersionOfTheirChange(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}, storelink.Ask{Store: r.ref(4), LocalStoreID: "B"},
		storelink.Ask{Store: r.ref(5), LocalStoreID: "C"}, storelink.Ask{Store: r.ref(6), LocalStoreID: "D"})
	changed := func(since int64) []int {
		found, err := r.runs.Run(t.Context(), r.org, run)
		require.NoError(t, err)
		var numbers []int
		after := storelink.ItemMark{Version: since, Number: storelink.MaxItems}
		for {
			items, err := r.runs.ChangedItems(t.Context(), run, after, found.Version, 1)
			require.NoError(t, err)
			if len(items) == 0 {
				return numbers
			}
			require.LessOrEqual(t, items[0].Version, found.Version)
			numbers, after = append(numbers, items[0].Number), items[0].Mark()
		}
	}
	require.Equal(t, []int{0, 1, 2, 3}, changed(0))
	require.Empty(t, changed(1))
	r.begin(storelink.Ask{Store: r.ref(4), LocalStoreID: "E"}, storelink.Ask{Store: r.ref(6), LocalStoreID: "F"})
	require.Equal(t, []int{1, 3}, changed(1), "superseded")
	r.exec(`UPDATE mappings SET claimed_generation = generation WHERE store_id = $1`, r.stores[5].StoreID)
	_, err := r.cancel(run)
	require.NoError(t, err)
	require.Equal(t, []int{0}, changed(2), "cancelled")
	require.Equal(t, []int{1, 3, 0}, changed(1))
	r.replica()
	r.finish(run)
	require.Equal(t, []int{2}, changed(3), "settled")
	require.Empty(t, changed(4))
	versions := []int64{}
	for _, item := range r.items(run) {
		versions = append(versions, item.Version)
	}
	require.Equal(t, []int64{3, 2, 4, 2}, versions)
}

// Cancelling and working at the same time: each item has one outcome, and it is true.
func TestCancelRacesPasses(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	var asks []storelink.Ask
	for n := range min(len(r.stores), 8) {
		if r.connected(n) == "" {
			asks = append(asks, storelink.Ask{Store: r.ref(n), LocalStoreID: "K-" + r.stores[n].StoreID[:8]})
		}
	}
	for range 10 {
		run := r.begin(asks...)
		_, err := r.cancel(run)
		if err != nil {
			require.Equal(t, storelink.ErrRunEnded, storelink.CodeOf(err))
		}
		for i, item := range r.finish(run) {
			n := slices.IndexFunc(r.stores, func(s sandbox.Store) bool { return s.StoreID == asks[i].Store.StoreID })
			switch item.Outcome {
			case storelink.OutcomeConnected, storelink.OutcomeUnchanged:
				require.Equal(t, asks[i].LocalStoreID, r.connected(n))
			default:
				require.Equal(t, storelink.OutcomeCancelled, item.Outcome, "%+v", item)
			}
		}
	}
}
