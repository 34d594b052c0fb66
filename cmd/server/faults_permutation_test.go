package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
	"storelink/internal/storetest"
)

// Ids that change places within one run come out right whatever upstream says of an id that another store holds. Each
// row names, store by store, what is connected and what is asked; rows have stores of their own.
func TestFaultPermutations(t *testing.T) {
	t.Parallel()
	type move struct{ from, to string }
	tests := []struct {
		name  string
		moves []move
	}{
		{"a swap", []move{{"A", "B"}, {"B", "A"}}},
		{"a cycle of three", []move{{"A", "B"}, {"B", "C"}, {"C", "A"}}},
		{"a cycle of three the other way", []move{{"A", "C"}, {"B", "A"}, {"C", "B"}}},
		{"a chain: A takes B's id, B moves to a new one", []move{{"A", "B"}, {"B", "N"}}},
		{"a chain whose end is asked first", []move{{"B", "N"}, {"A", "B"}}},
		{"a chain of four", []move{{"A", "B"}, {"B", "C"}, {"C", "D"}, {"D", "N"}}},
		{"a chain whose first was not connected", []move{{"", "A"}, {"A", "B"}, {"B", "N"}}},
		{"two swaps at once", []move{{"A", "B"}, {"C", "D"}, {"B", "A"}, {"D", "C"}}},
	}
	for _, mode := range []sandbox.HeldMode{sandbox.HeldConflict, sandbox.HeldUnprocessable, sandbox.HeldAccept} {
		t.Run("held ids: "+string(mode), func(t *testing.T) {
			r := newRig(t, rigOptions{settings: shortTimeout, sandbox: sandbox.Options{HeldID: mode}})
			p := r.signedIn(sandbox.AccountLarge)
			stores := r.box.Stores(sandbox.AccountLarge)
			own := func(id string, row int) string {
				if id == "" {
					return ""
				}
				return fmt.Sprintf("%s-%d", id, row)
			}
			var before []want
			runs, asks := make([]string, len(tests)), make([][]want, len(tests))
			for i, tt := range tests {
				for j, m := range tt.moves {
					store := stores[10*i+j]
					if m.from != "" {
						before = append(before, want{store, own(m.from, i), ""})
					}
					asks[i] = append(asks[i], want{store, own(m.to, i), own(m.from, i)})
				}
			}
			require.Equal(t, len(before), p.ended(p.begin(before...)).Counts["connected"])
			for i := range tests {
				runs[i] = p.begin(asks[i]...)
			}
			for i, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					r := r.as(t)
					run := p.as(r).ended(runs[i])
					for j, m := range tt.moves {
						outcome := "replaced"
						if m.from == "" {
							outcome = "connected"
						}
						require.Equal(t, outcome, run.Items[j].Outcome, "%d: %+v", j, run.Items[j].Error)
						r.atRest(stores[10*i+j], own(m.to, i))
					}
				})
			}
		})
	}
}

// Where the store that an id was to come from cannot let go of it, nobody loses what they had.
func TestFaultAChainWhoseEndFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(r *rig, leaving sandbox.Store)
		code  string // of the store that was to leave
	}{
		{"its new id is refused", func(r *rig, s sandbox.Store) {
			r.fault(s, http.MethodPost, sandbox.Fault{Status: http.StatusUnprocessableEntity})
		}, "local_store_id_refused"},
		{"its DELETE is refused", func(r *rig, s sandbox.Store) {
			r.fault(s, http.MethodDelete, sandbox.Fault{Status: http.StatusForbidden})
		}, "access_denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, rigOptions{settings: shortTimeout})
			p := r.signedIn(sandbox.AccountSmall)
			stores := r.box.Stores(sandbox.AccountSmall)
			first, second := stores[0], stores[1]
			require.Equal(t, 2, p.ended(p.begin(want{first, "A", ""}, want{second, "B", ""})).Counts["connected"])
			tt.spoil(r, second)
			run := p.ended(p.begin(want{first, "B", "A"}, want{second, "N", "B"}))
			require.Equal(t, "failed", run.Items[1].Outcome)
			require.Equal(t, tt.code, run.Items[1].Error.Code)
			require.Equal(t, "failed", run.Items[0].Outcome)
			require.Equal(t, "local_store_id_taken", run.Items[0].Error.Code)
			r.atRest(first, "A")
			r.atRest(second, "B")
			require.Equal(t, "A", r.mappingOf(first).DesiredLocalStoreID)
		})
	}
}

// An answer that is lost in the middle of a swap costs time and no connection.
func TestFaultASwapWithALostAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct{ method, drop string }{
		{http.MethodDelete, sandbox.DropBefore},
		{http.MethodDelete, sandbox.DropAfter},
		{http.MethodPost, sandbox.DropBefore},
		{http.MethodPost, sandbox.DropAfter},
	}
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountLarge)
	stores := r.box.Stores(sandbox.AccountLarge)
	var before []want
	for i := range tests {
		before = append(before, want{stores[2*i], fmt.Sprint("A-", i), ""}, want{stores[2*i+1], fmt.Sprint("B-", i), ""})
	}
	require.Equal(t, len(before), p.ended(p.begin(before...)).Counts["connected"])
	runs := make([]string, len(tests))
	for i, tt := range tests {
		one, other := before[2*i], before[2*i+1]
		// Which of the two goes first is not known.
		path := "(" + one.store.StoreID + "|" + other.store.StoreID + ")/connection$"
		r.box.Inject(sandbox.Fault{Method: tt.method, PathPattern: path, Drop: tt.drop})
		runs[i] = p.begin(want{one.store, other.id, one.id}, want{other.store, one.id, other.id})
	}
	for i, tt := range tests {
		t.Run(tt.method+" "+tt.drop+" its effect", func(t *testing.T) {
			r := r.as(t)
			run := p.as(r).ended(runs[i])
			require.Equal(t, 2, run.Counts["replaced"], "%+v", run.Items)
			r.atRest(stores[2*i], fmt.Sprint("B-", i))
			r.atRest(stores[2*i+1], fmt.Sprint("A-", i))
		})
	}
}

// An id that leaves its store in another run, or not at all, is taken; the request is refused whole.
func TestFaultAnIDThatDoesNotLeaveInThisRunIsTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	require.Equal(t, 3, p.ended(p.begin(want{stores[0], "A", ""}, want{stores[1], "B", ""}, want{stores[3], "C", ""})).Counts["connected"])
	r.box.ResetCalls()
	a := p.send(http.MethodPost, "/api/onboard", askAll(want{stores[0], "B", "A"}, want{stores[3], "N", "C"}))
	taken := r.problemOf(a, http.StatusConflict, "local-store-id-taken")
	require.Len(t, taken.Errors, 1)
	require.Equal(t, "/items/0/localStoreId", taken.Errors[0].Pointer)
	require.Zero(t, r.connectionCalls())
	for i, id := range map[int]string{0: "A", 1: "B", 3: "C"} {
		m := r.atRest(stores[i], id)
		require.Equal(t, int64(1), m.Generation, "nothing was written")
	}
}

// The process is killed while one store of a swap is dark, and another one goes on with both.
func TestFaultASwapWhoseProcessIsKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, buildProgram(t), storetest.URL(t))
	a := f.replica()
	p := f.signedIn(sandbox.AccountSmall)
	stores := f.box.Stores(sandbox.AccountSmall)
	require.Equal(t, 2, p.ended(p.begin(want{stores[0], "A", ""}, want{stores[1], "B", ""})).Counts["connected"])
	held := []*hold{f.gate.after(t, http.MethodDelete, stores[0]), f.gate.after(t, http.MethodDelete, stores[1])}
	id := p.begin(want{stores[0], "B", "A"}, want{stores[1], "A", "B"})
	select { // the one with the smaller mapping goes first
	case <-held[0].reached:
	case <-held[1].reached:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "no DELETE came")
	}
	a.kill()
	for _, h := range held {
		h.drop()
	}
	a.start()
	run := p.ended(id)
	require.Equal(t, 2, run.Counts["replaced"], "%+v", run.Items)
	f.atRest(stores[0], "B")
	f.atRest(stores[1], "A")
}
