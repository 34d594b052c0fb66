package onboard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

// Stores exchange their ids within one run, however upstream treats an id that another store holds: it comes out as
// asked, and no write is sent in vain.
func TestStoresExchangeIDs(t *testing.T) {
	tests := []struct {
		name   string
		before []string // by store; empty: not connected
		asks   []string
	}{
		{"two", []string{"A", "B"}, []string{"B", "A"}},
		{"three", []string{"A", "B", "C"}, []string{"B", "C", "A"}},
		{"three, the other way round", []string{"A", "B", "C"}, []string{"C", "A", "B"}},
		{"a chain", []string{"A", "B", "C"}, []string{"B", "C", "D"}},
		{"a chain into an empty store", []string{"", "A", "B"}, []string{"A", "B", "C"}},
		{"a chain behind a disconnect", []string{"A", "B"}, []string{"B", ""}},
		{"two pairs", []string{"A", "B", "C", "D"}, []string{"B", "A", "D", "C"}},
		{"six", []string{"A", "B", "C", "D", "E", "F"}, []string{"D", "F", "A", "C", "B", "E"}},
	}
	for _, held := range []sandbox.HeldMode{sandbox.HeldConflict, sandbox.HeldUnprocessable, sandbox.HeldAccept} {
		for i, tt := range tests {
			// Ids that a person put there are known to nobody before the first looks.
			for _, byHand := range []bool{true, false}[:1+i%2] {
				t.Run(fmt.Sprintf("%s/held is %s/by hand %v", tt.name, held, byHand), func(t *testing.T) {
					t.Parallel()
					r := newRig(t, sandbox.Options{HeldID: held})
					r.replica()
					r.place(tt.before, byHand)
					r.replica()
					var asks []storelink.Ask
					for n, id := range tt.asks {
						asks = append(asks, storelink.Ask{Store: r.ref(n + 1), LocalStoreID: id, Replaces: tt.before[n]})
					}
					for _, item := range r.finish(r.begin(asks...)) {
						require.Nil(t, item.Failure)
						require.Equal(t, deref(item.LocalStoreID), deref(item.ObservedLocalStoreID))
					}
					for n, id := range tt.asks {
						require.Equal(t, id, r.connected(n+1))
						require.False(t, r.mapping(n+1).Dark)
						writes := strings.Join(r.calls(n+1), " ")
						require.LessOrEqual(t, strings.Count(writes, "DELETE"), 1, writes)
						require.LessOrEqual(t, strings.Count(writes, "POST"), 1, writes)
					}
				})
			}
		}
	}
}

// place connects stores as they were before, and forgets the calls.
func (r *rig) place(ids []string, byHand bool) {
	r.t.Helper()
	for _, s := range r.stores {
		r.box.RemoveConnection(s.StoreID)
	}
	var asks []storelink.Ask
	for n, id := range ids {
		switch {
		case id == "":
		case byHand:
			require.True(r.t, r.box.SetConnection(r.stores[n+1].StoreID, id))
		default:
			asks = append(asks, storelink.Ask{Store: r.ref(n + 1), LocalStoreID: id})
		}
	}
	if len(asks) > 0 {
		r.finish(r.begin(asks...))
	}
	r.box.ResetCalls()
}

// Who leaves an id in another run is not believed: only within one request is it known that it must come free.
func TestAnIDIsTakenUntilItsHolderHasLeftIt(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	stop := r.replica()
	r.place([]string{"A"}, false)
	stop()
	r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "B", Replaces: "A"})
	ask := storelink.Ask{Store: r.ref(2), LocalStoreID: "A"}
	_, _, err := r.runs.Start(t.Context(), storelink.Asker{OrganizationID: r.org}, []storelink.Ask{ask}, nil)
	require.Equal(t, storelink.ErrLocalStoreIDTaken, storelink.CodeOf(err))
	require.Empty(t, r.calls(2))
}

// Where the holder does not leave after all, the one that waits ends with a reason and keeps what it has.
func TestTheOneThatWaitsKeepsItsIDWhenTheHolderStays(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	r.place([]string{"A", "B"}, false)
	r.fault(2, "POST", sandbox.Fault{Status: 422})
	items := r.finish(r.begin(
		storelink.Ask{Store: r.ref(1), LocalStoreID: "B", Replaces: "A"},
		storelink.Ask{Store: r.ref(2), LocalStoreID: "C", Replaces: "B"}))
	require.Equal(t, storelink.FailIDTaken, items[0].Failure.Code)
	require.Equal(t, storelink.FailIDRefused, items[1].Failure.Code)
	require.Equal(t, "A", r.connected(1))
	require.Equal(t, "B", r.connected(2))
	for n := 1; n <= 2; n++ {
		require.Equal(t, storelink.StateFailed, r.mapping(n).State)
	}
	require.NotContains(t, r.calls(1), "DELETE")
}

// In a cycle the first one is dark while it waits; a refusal that breaks the cycle is said by each of its items.
func TestABrokenCycleTellsWhereEachStoreStands(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	r.place([]string{"A", "B"}, false)
	r.fault(1, "POST", sandbox.Fault{Status: 422, Times: 1})
	run := r.begin(
		storelink.Ask{Store: r.ref(1), LocalStoreID: "B", Replaces: "A"},
		storelink.Ask{Store: r.ref(2), LocalStoreID: "A", Replaces: "B"})
	for _, item := range r.finish(run) {
		if item.Outcome == storelink.OutcomeFailed {
			require.Contains(t, []storelink.FailureCode{storelink.FailIDRefused, storelink.FailRestore}, item.Failure.Code)
		}
	}
	r.eventually("every store is what its mapping says", func() bool {
		for n := 1; n <= 2; n++ {
			m := r.mapping(n)
			if deref(m.ObservedLocalStoreID) != r.connected(n) || m.Dark != (r.connected(n) == "") {
				return false
			}
		}
		return true
	})
}
