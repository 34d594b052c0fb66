package onboard_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

// die does what a pass for a replace of B by A does up to a point, and then nothing more: its lease is left to lapse.
func die(t *testing.T, r *rig, at string) {
	t.Helper()
	claimed, err := r.db.Claim(t.Context(), storelink.Room{All: 1, Background: 1}, lateness)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	w := claimed[0]
	token, err := r.tokens.BestToken(t.Context(), r.org, nil)
	require.NoError(t, err)
	call := storelink.Call{Token: token, Store: w.Store, Lane: storelink.LaneInteractive}
	steps := []struct {
		name string
		do   func() error
	}{
		{"after the claim", func() error { return nil }},
		{"after GET", func() error {
			id, err := r.client.Connection(t.Context(), call)
			w.Observe(id, "upstream")
			w.First = w.Observed
			return err
		}},
		{"before DELETE", func() error {
			w.Intent, w.Restore = &storelink.Intent{Kind: storelink.WriteDelete, LocalStoreID: "B"}, "B"
			return r.db.Save(t.Context(), w)
		}},
		{"after DELETE", func() error { return r.client.Disconnect(t.Context(), call) }},
		{"before POST", func() error {
			w.Observe("", "storelink")
			w.Intent, w.Tried = &storelink.Intent{Kind: storelink.WritePost, LocalStoreID: "A"}, []string{"A"}
			return r.db.Save(t.Context(), w)
		}},
		{"after POST", func() error { return r.client.Connect(t.Context(), call, "A") }},
	}
	for _, step := range steps {
		require.NoError(t, step.do(), step.name)
		if step.name == at {
			return
		}
	}
	t.Fatalf("there is no step %q", at)
}

func TestADeadPassIsTakenUp(t *testing.T) {
	tests := []struct {
		at    string
		calls []string // of the pass that follows
	}{
		{"after the claim", []string{"GET", "DELETE", "POST A"}},
		{"after GET", []string{"GET", "DELETE", "POST A"}},
		// The DELETE may still come: nothing is sent until it cannot any more.
		{"before DELETE", []string{"GET", "GET", "DELETE", "POST A"}},
		{"after DELETE", []string{"GET", "POST A"}},
		{"before POST", []string{"GET", "POST A"}},
		{"after POST", []string{"GET"}},
	}
	for _, tt := range tests {
		t.Run(tt.at, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandbox.Options{})
			r.late = 2500 * time.Millisecond // longer than what is left of the lease when it may send no more
			stop := r.replica()
			require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "B"}).Outcome)
			stop()
			run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A", Replaces: "B"})
			die(t, r, tt.at)
			r.box.ResetCalls()
			r.replica()
			item := r.finish(run)[0]
			require.Equal(t, storelink.OutcomeReplaced, item.Outcome)
			require.Equal(t, "A", r.connected(1))
			require.Equal(t, tt.calls, r.calls(1))
			r.eventually("nothing is due any more", func() bool { return r.mapping(1).NextTryAt == nil })
			require.Equal(t, "A", r.connected(1))
			require.Equal(t, storelink.StateConnected, r.mapping(1).State)
		})
	}
}

// The pass that died after its DELETE had been refused the new id: whoever goes on puts the old one back, and does not
// try the refused one again.
func TestARefusalOutlivesThePassThatHeardIt(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	stop := r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "B"}).Outcome)
	stop()
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A", Replaces: "B"})
	claimed, err := r.db.Claim(t.Context(), storelink.Room{All: 1, Background: 1}, lateness)
	require.NoError(t, err)
	w := claimed[0]
	w.Observe("B", "upstream")
	w.First, w.Restore = w.Observed, "B"
	w.Intent = &storelink.Intent{Kind: storelink.WriteDelete, LocalStoreID: "B"}
	require.NoError(t, r.db.Save(t.Context(), w))
	require.True(t, r.box.RemoveConnection(r.stores[1].StoreID))
	w.Observe("", "storelink")
	w.Refused = &storelink.Refusal{Code: storelink.FailIDRefused, Message: "not this one"}
	w.Intent = &storelink.Intent{Kind: storelink.WritePost, LocalStoreID: "B"}
	require.NoError(t, r.db.Save(t.Context(), w))
	r.box.ResetCalls()
	r.replica()
	item := r.finish(run)[0]
	require.Equal(t, storelink.OutcomeFailed, item.Outcome)
	require.Equal(t, storelink.FailIDRefused, item.Failure.Code)
	require.Equal(t, "B", r.connected(1))
	require.Equal(t, []string{"GET", "POST B"}, r.calls(1))
}

// A pass whose lease went to another writes nothing more.
func TestALostLeaseWritesNothing(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
	first, err := r.db.Claim(t.Context(), storelink.Room{All: 1, Background: 1}, lateness)
	require.NoError(t, err)
	again, err := r.db.Claim(t.Context(), storelink.Room{All: 1, Background: 1}, lateness)
	require.NoError(t, err)
	require.Empty(t, again, "a leased mapping is not claimed")
	r.exec(`UPDATE mappings SET leased_until = storelink_now() - interval '1 second'`)
	second, err := r.db.Claim(t.Context(), storelink.Room{All: 1, Background: 1}, lateness)
	require.NoError(t, err)
	require.Len(t, second, 1)
	done := storelink.Settlement{State: storelink.StateConnected, Outcome: storelink.OutcomeConnected}
	require.ErrorIs(t, r.db.Save(t.Context(), first[0]), storelink.ErrLeaseLost)
	require.ErrorIs(t, r.db.Settle(t.Context(), first[0], done), storelink.ErrLeaseLost)
	require.ErrorIs(t, r.db.Pause(t.Context(), first[0], storelink.Pause{}), storelink.ErrLeaseLost)
	require.NoError(t, r.db.HandBack(t.Context(), first[0]), "and takes no lease from the other")
	held, gone, err := r.db.Renew(t.Context(), []storelink.Lease{
		{MappingID: first[0].MappingID, Token: first[0].LeaseToken}, {MappingID: second[0].MappingID, Token: second[0].LeaseToken},
	})
	require.NoError(t, err)
	require.Equal(t, []string{second[0].LeaseToken}, held)
	require.Equal(t, []string{first[0].LeaseToken}, gone)
	require.NoError(t, r.db.Settle(t.Context(), second[0], done))
}

// A replica that is told to end hands over: another goes on at once, not when a lease lapses.
func TestStoppingHandsOver(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	stop := r.replica()
	r.fault(1, "GET", sandbox.Fault{Status: 503, Times: -1})
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
	r.eventually("the first replica looks", func() bool { return len(r.calls(1)) > 0 })
	stop()
	require.Nil(t, r.mapping(1).LeasedUntil)
	r.box.ClearFaults()
	r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.finish(run)[0].Outcome)
}

// Three replicas, many conflicting asks for one store: one wins, the others say so, and history is one line.
func TestConflictingAsksHaveOneWinner(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	for range 3 {
		r.replica()
	}
	const asks = 30
	runs := make([]string, asks)
	var group sync.WaitGroup
	for i := range asks {
		group.Go(func() {
			run, _, err := r.runs.Start(context.WithoutCancel(t.Context()), storelink.Asker{OrganizationID: r.org, Actor: "user"},
				[]storelink.Ask{{Store: r.ref(1), LocalStoreID: fmt.Sprintf("K-%d", i), Replaces: r.connected(1)}}, nil)
			if err != nil {
				t.Errorf("ask %d: %v", i, err)
				return
			}
			runs[i] = run.ID
		})
	}
	group.Wait()
	ended := map[storelink.Outcome]int{}
	for _, run := range runs {
		ended[r.finish(run)[0].Outcome]++
	}
	total := 0
	for _, n := range ended {
		total += n
	}
	require.Equal(t, asks, total)
	m := r.mapping(1)
	require.Equal(t, int64(asks), m.Generation)
	require.Equal(t, m.Generation, m.SettledGeneration)
	require.Equal(t, r.connected(1), deref(m.ObservedLocalStoreID))
	history, err := r.db.MappingHistory(t.Context(), m.ID, storelink.Page{Limit: 500})
	require.NoError(t, err)
	was := ""
	for _, e := range history.Items {
		if e.Kind == "observed" {
			require.Equal(t, was, deref(e.From), "each change begins where the last one ended")
			was = deref(e.To)
		}
	}
	require.Equal(t, r.connected(1), was)
}

func TestRepeatsOfAKeyAreOneRun(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	by := storelink.Asker{OrganizationID: r.org, Actor: "user"}
	asks := []storelink.Ask{{Store: r.ref(1), LocalStoreID: "A"}}
	key := &storelink.IdempotencyKey{Key: "k", Fingerprint: [32]byte{1}}
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			run, _, err := r.runs.Start(context.WithoutCancel(t.Context()), by, asks, key)
			if err != nil {
				t.Errorf("repeat: %v", err)
			}
			ids[i] = run.ID
		})
	}
	group.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	_, _, err := r.runs.Start(t.Context(), by, asks, &storelink.IdempotencyKey{Key: "k", Fingerprint: [32]byte{2}})
	require.Equal(t, storelink.ErrIdempotencyKeyReused, storelink.CodeOf(err))

	r.exec(`UPDATE idempotency_keys SET created_at = storelink_now() - interval '25 hours'`)
	run, repeated, err := r.runs.Start(t.Context(), by, asks, key)
	require.NoError(t, err)
	require.False(t, repeated)
	require.NotEqual(t, ids[0], run.ID)
}

func TestPreviewChangesNothing(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}).Outcome)
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(6), LocalStoreID: "E"}).Outcome)
	require.True(t, r.box.SetConnection(r.stores[4].StoreID, "HAND"))
	r.box.ResetCalls()
	unknown := storelink.StoreRef{BrandID: r.stores[0].BrandID, StoreID: "00000000-0000-4000-8000-000000000000"}
	previews, err := r.runs.Preview(t.Context(), storelink.Session{Organization: storelink.Organization{ID: r.org}}, []storelink.Ask{
		{Store: r.ref(5), LocalStoreID: "B"},
		{Store: r.ref(1), LocalStoreID: "B", Replaces: "A"},
		{Store: r.ref(1), LocalStoreID: "A"},
		{Store: r.ref(4), LocalStoreID: "B"},
		{Store: r.ref(5), LocalStoreID: "A"}, // which another store leaves in the same request
		{Store: r.ref(5), LocalStoreID: "E"},
		{Store: unknown, LocalStoreID: "B"},
	})
	require.NoError(t, err)
	steps := []storelink.PreviewStep{}
	for _, p := range previews {
		steps = append(steps, p.Step)
	}
	require.Equal(t, []storelink.PreviewStep{
		storelink.PreviewConnect, storelink.PreviewReplace, storelink.PreviewNone, storelink.PreviewConflict,
		storelink.PreviewConnect, storelink.PreviewTaken, storelink.PreviewNotFound,
	}, steps)
	require.Equal(t, "HAND", deref(previews[3].ObservedLocalStoreID))
	for _, c := range r.box.Calls() {
		require.Equal(t, "GET", c.Method)
	}
}

// A look that verify asked for belongs to a settled generation, which has nothing else due. Where its pass dies after it
// wrote an intent down, another takes it up all the same.
func TestAVerifyLookThatDiesIsTakenUp(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	stop := r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}).Outcome)
	stop()
	r.exec(`UPDATE mappings SET verify_at = storelink_now(), late_delete = true`)
	claimed, err := r.db.Claim(t.Context(), storelink.Room{All: 1, Background: 1}, lateness)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	w := claimed[0]
	w.VerifyAt, w.LateDelete = time.Time{}, false
	w.Observe("", "upstream")
	w.Intent = &storelink.Intent{Kind: storelink.WritePost, LocalStoreID: "A"}
	require.NoError(t, r.db.Save(t.Context(), w))
	require.True(t, r.box.RemoveConnection(r.stores[1].StoreID))
	r.exec(`UPDATE mappings SET leased_until = storelink_now() - interval '1 second'`)
	r.replica()
	r.eventually("the store is connected again", func() bool { return r.connected(1) == "A" })
}
