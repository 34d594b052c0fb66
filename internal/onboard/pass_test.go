package onboard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

// Each row: what a person had connected, what was asked before, what upstream does, what is asked, and what must come
// of it. The store is the same; the calls are those of the last ask.
func TestOnePass(t *testing.T) {
	drop, lost := sandbox.Fault{Drop: sandbox.DropBefore}, sandbox.Fault{Drop: sandbox.DropAfter}
	status := func(code int) sandbox.Fault { return sandbox.Fault{Status: code} }
	type faults map[string][]sandbox.Fault
	tests := []struct {
		name     string
		byHand   string
		before   string
		faults   faults
		ask      storelink.Ask
		outcome  storelink.Outcome
		code     storelink.FailureCode
		observed string
		state    storelink.MappingState
		calls    []string
	}{
		{name: "connect", ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A"}},
		{name: "unchanged", before: "A", ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeUnchanged, observed: "A", state: storelink.StateConnected, calls: []string{"GET"}},
		{name: "connected by hand already", byHand: "A", ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeUnchanged, observed: "A", state: storelink.StateConnected, calls: []string{"GET"}},
		{name: "conflict", byHand: "B", ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConflict, observed: "B", state: storelink.StateConflict, calls: []string{"GET"}},
		{name: "conflict with our own", before: "B", ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConflict, observed: "B", state: storelink.StateConflict, calls: []string{"GET"}},
		{name: "conflict though another is named", byHand: "B", ask: storelink.Ask{LocalStoreID: "A", Replaces: "C"},
			outcome: storelink.OutcomeConflict, observed: "B", state: storelink.StateConflict, calls: []string{"GET"}},
		{name: "replace", before: "B", ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			outcome: storelink.OutcomeReplaced, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "DELETE", "POST A"}},
		{name: "replace by hand's", byHand: "B", ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			outcome: storelink.OutcomeReplaced, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "DELETE", "POST A"}},
		{name: "disconnect", before: "A", ask: storelink.Ask{ReplacesAny: true},
			outcome: storelink.OutcomeDisconnected, state: storelink.StateDisconnected, calls: []string{"GET", "DELETE"}},
		{name: "disconnect by hand's", byHand: "B", ask: storelink.Ask{ReplacesAny: true},
			outcome: storelink.OutcomeDisconnected, state: storelink.StateDisconnected, calls: []string{"GET", "DELETE"}},
		{name: "disconnect of a named id", before: "A", ask: storelink.Ask{Replaces: "A"},
			outcome: storelink.OutcomeDisconnected, state: storelink.StateDisconnected, calls: []string{"GET", "DELETE"}},
		{name: "disconnect of another id", byHand: "B", ask: storelink.Ask{Replaces: "A"},
			outcome: storelink.OutcomeConflict, observed: "B", state: storelink.StateConflict, calls: []string{"GET"}},
		{name: "disconnect nothing", ask: storelink.Ask{ReplacesAny: true},
			outcome: storelink.OutcomeUnchanged, state: storelink.StateDisconnected, calls: []string{"GET"}},

		{name: "POST lost before its effect", faults: faults{"POST": {drop}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A", "GET", "POST A"}},
		{name: "POST lost after its effect", faults: faults{"POST": {lost}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A", "GET"}},
		{name: "POST hangs", faults: faults{"POST": {{Hang: true, AfterEffect: true}}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A", "GET"}},
		{name: "POST answered with 500", faults: faults{"POST": {status(500)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A", "GET", "POST A"}},
		{name: "POST answered with a gateway's HTML", faults: faults{"POST": {{Status: 503, Body: "<html>sorry</html>"}}},
			ask: storelink.Ask{LocalStoreID: "A"}, outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected,
			calls: []string{"GET", "POST A", "GET", "POST A"}},
		{name: "DELETE lost after its effect", before: "B", faults: faults{"DELETE": {lost}}, ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			outcome: storelink.OutcomeReplaced, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "DELETE", "GET", "POST A"}},
		{name: "DELETE lost before its effect", before: "B", faults: faults{"DELETE": {drop}}, ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			outcome: storelink.OutcomeReplaced, observed: "A", state: storelink.StateConnected,
			calls: []string{"GET", "DELETE", "GET", "GET", "DELETE", "POST A"}},
		{name: "DELETE takes effect late", before: "B", faults: faults{"DELETE": {{LateEffect: lateness / 2}}},
			ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"}, outcome: storelink.OutcomeReplaced, observed: "A",
			state: storelink.StateConnected, calls: []string{"GET", "DELETE", "GET", "GET", "POST A"}},
		{name: "DELETE answered with 404", before: "B", faults: faults{"DELETE": {{Status: 404, AfterEffect: true}}},
			ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"}, outcome: storelink.OutcomeReplaced, observed: "A",
			state: storelink.StateConnected, calls: []string{"GET", "DELETE", "POST A"}},

		{name: "refused", faults: faults{"POST": {status(422)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeFailed, code: storelink.FailIDRefused, state: storelink.StateFailed, calls: []string{"GET", "POST A"}},
		{name: "refused by 413", faults: faults{"POST": {status(413)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeFailed, code: storelink.FailIDRefused, state: storelink.StateFailed, calls: []string{"GET", "POST A"}},
		{name: "refused after DELETE", before: "B", faults: faults{"POST": {status(422)}}, ask: storelink.Ask{LocalStoreID: "A", Replaces: "B"},
			outcome: storelink.OutcomeFailed, code: storelink.FailIDRefused, observed: "B", state: storelink.StateFailed,
			calls: []string{"GET", "DELETE", "POST A", "POST B"}},
		{name: "no such store", faults: faults{"POST": {status(404)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeFailed, code: storelink.FailStoreNotFound, state: storelink.StateFailed, calls: []string{"GET", "POST A"}},
		{name: "no access", faults: faults{"GET": {status(403)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeFailed, code: storelink.FailAccessDenied, state: storelink.StateFailed, calls: []string{"GET"}},
		{name: "409 and nothing to be seen", faults: faults{"POST": {status(409), status(409), status(409)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeFailed, code: storelink.FailIDTaken, state: storelink.StateFailed,
			calls: []string{"GET", "POST A", "GET", "POST A", "GET", "POST A", "GET"}},
		{name: "409 once", faults: faults{"POST": {status(409)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A", "GET", "POST A"}},
		{name: "429", faults: faults{"GET": {{Status: 429, RetryAfter: "1"}}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "GET", "POST A"}},
		{name: "a spurious 401", faults: faults{"POST": {status(401)}}, ask: storelink.Ask{LocalStoreID: "A"},
			outcome: storelink.OutcomeConnected, observed: "A", state: storelink.StateConnected, calls: []string{"GET", "POST A", "POST A"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sandbox.Options{})
			r.replica()
			const n = 1
			if tt.byHand != "" {
				require.True(t, r.box.SetConnection(r.stores[n].StoreID, tt.byHand))
			}
			if tt.before != "" {
				require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(n), LocalStoreID: tt.before}).Outcome)
			}
			for method, list := range tt.faults {
				for _, f := range list {
					r.fault(n, method, f)
				}
			}
			r.box.ResetCalls()
			tt.ask.Store = r.ref(n)
			item := r.onboard(tt.ask)
			calls := r.calls(n)

			require.Equal(t, tt.outcome, item.Outcome, "%+v", item.Failure)
			require.Equal(t, tt.observed, deref(item.ObservedLocalStoreID))
			require.Equal(t, tt.observed, r.connected(n), "upstream")
			require.Equal(t, tt.calls, calls)
			if tt.code != "" {
				require.Equal(t, tt.code, item.Failure.Code)
				require.NotEmpty(t, item.Failure.Detail)
			}
			m := r.mapping(n)
			require.Equal(t, tt.state, m.State)
			require.Equal(t, tt.observed, deref(m.ObservedLocalStoreID))
			require.Nil(t, m.RestoreLocalStoreID)
			require.Equal(t, m.Generation, m.SettledGeneration)
			r.eventually("nothing is due any more", func() bool { return r.mapping(n).NextTryAt == nil })
			require.Equal(t, tt.observed, r.connected(n), "upstream, later")
		})
	}
}

// A failed or conflicting ask leaves its id to others, and desired where it was.
func TestAnAskThatCameToNothingFreesItsID(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}).Outcome)
	require.Equal(t, storelink.OutcomeConflict, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "B"}).Outcome)
	m := r.mapping(1)
	require.Equal(t, "A", deref(m.DesiredLocalStoreID))
	require.Equal(t, "B", deref(m.AskedLocalStoreID))
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(4), LocalStoreID: "B"}).Outcome)
}

func TestTakenIDsAreRefusedWhole(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}).Outcome)
	r.box.ResetCalls()
	_, _, err := r.runs.Start(t.Context(), storelink.Asker{OrganizationID: r.org}, []storelink.Ask{
		{Store: r.ref(4), LocalStoreID: "free"}, {Store: r.ref(5), LocalStoreID: "A"},
	}, nil)
	require.Equal(t, storelink.ErrLocalStoreIDTaken, storelink.CodeOf(err))
	var coded *storelink.Error
	require.ErrorAs(t, err, &coded)
	require.Len(t, coded.Fields, 1)
	require.Equal(t, "/items/1/localStoreId", coded.Fields[0].Pointer)
	require.Empty(t, r.box.Calls())
	list, err := r.db.FindMappings(t.Context(), storelink.MappingFilter{Page: storelink.Page{Limit: 10}})
	require.NoError(t, err)
	require.Len(t, list.Items, 1, "the refused request left nothing behind")
}

// A newer ask during a pass ends the older item at once, and may replace what the older one put there.
func TestANewerAskTakesOver(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	r.fault(1, "POST", sandbox.Fault{Delay: lateness / 2})
	older := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
	r.eventually("the older pass posts", func() bool { return len(r.calls(1)) == 2 })
	newer := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "B"})
	require.Equal(t, storelink.OutcomeSuperseded, r.finish(older)[0].Outcome)
	item := r.finish(newer)[0]
	require.Equal(t, storelink.OutcomeReplaced, item.Outcome)
	require.Equal(t, "B", r.connected(1))
}

func TestAGrantThatDiedGivesWayToTheNext(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.box.RevokeTokens("small")
	r.grant("second")
	r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"}).Outcome)
	require.Equal(t, []string{"first"}, r.tokens.marked)
}

func TestWithoutAGrantItWaitsForConsentAndGoesOn(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.box.RevokeTokens("small")
	r.replica()
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
	r.eventually("the run waits", func() bool {
		found, err := r.runs.Run(t.Context(), r.org, run)
		require.NoError(t, err)
		return found.State == storelink.RunWaiting && found.WaitingFor == storelink.WaitForConsent && found.WaitingSince != nil
	})
	require.Equal(t, storelink.FailReauthorization, r.mapping(1).Code)
	r.grant("second")
	r.exec(`UPDATE mappings SET due_at = storelink_now() WHERE waiting_for = 'consent'`)
	require.Equal(t, storelink.OutcomeConnected, r.finish(run)[0].Outcome)
}

// A store is dark only for as long as its old id cannot be put back either.
func TestARestoreThatIsRefusedIsTriedAgain(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	require.Equal(t, storelink.OutcomeConnected, r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "B"}).Outcome)
	r.fault(1, "POST", sandbox.Fault{Status: 422, Times: 2})
	item := r.onboard(storelink.Ask{Store: r.ref(1), LocalStoreID: "A", Replaces: "B"})
	require.Equal(t, storelink.OutcomeFailed, item.Outcome)
	require.Equal(t, storelink.FailRestore, item.Failure.Code)
	require.Contains(t, item.Failure.Detail, "A")
	require.Contains(t, item.Failure.Detail, "B")
	r.eventually("the old id is back", func() bool { return r.connected(1) == "B" })
	r.eventually("the table knows", func() bool { return deref(r.mapping(1).ObservedLocalStoreID) == "B" })
	m := r.mapping(1)
	require.False(t, m.Dark)
	require.Equal(t, storelink.StateFailed, m.State)
	require.Equal(t, storelink.FailIDRefused, m.Code)
	require.Equal(t, "B", deref(m.DesiredLocalStoreID))
}

func TestAnUpstreamThatIsDownIsWaitedFor(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.replica()
	r.fault(1, "GET", sandbox.Fault{Status: 503, Times: -1})
	run := r.begin(storelink.Ask{Store: r.ref(1), LocalStoreID: "A"})
	r.eventually("it waits", func() bool { return r.mapping(1).WaitingFor == storelink.WaitForUpstream })
	require.NotNil(t, r.mapping(1).NextTryAt)
	r.box.ClearFaults()
	require.Equal(t, storelink.OutcomeConnected, r.finish(run)[0].Outcome)
}
