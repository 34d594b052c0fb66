package onboard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/onboard"
	"storelink/internal/sandbox"
)

// driftRig has store 0 connected to K, and a replica that looks for drift.
func driftRig(t *testing.T, policy storelink.DriftPolicy) *rig {
	t.Helper()
	r := newRig(t, sandbox.Options{})
	r.settled(map[int]string{0: "K"})
	r.drift = onboard.Drift{Interval: time.Hour, Policy: policy}
	r.replica()
	return r
}

// lookForDrift makes store 0 due for a look, and returns the mapping once it was looked at.
func (r *rig) lookForDrift() storelink.Mapping {
	r.t.Helper()
	looked := r.mapping(0).ObservedAt
	r.exec(`UPDATE mappings SET due_at = storelink_now(), due_for = 'drift', lane = 'drift' WHERE store_id = $1`, r.stores[0].StoreID)
	r.eventually("a look for drift", func() bool {
		m := r.mapping(0)
		return m.ObservedAt.After(*looked) && m.LeasedUntil == nil
	})
	return r.mapping(0)
}

// nextLook returns when store 0 is looked at for drift.
func (r *rig) nextLook() (at time.Time) {
	r.t.Helper()
	require.NoError(r.t, r.sql.QueryRow(r.t.Context(), `SELECT due_at FROM mappings WHERE store_id = $1 AND due_for = 'drift'`,
		r.stores[0].StoreID).Scan(&at))
	return at
}

func (r *rig) byHand(id string) {
	r.t.Helper()
	if id == "" {
		r.box.RemoveConnection(r.stores[0].StoreID)
	} else {
		r.box.SetConnection(r.stores[0].StoreID, id)
	}
	r.box.ResetCalls()
}

func TestLooksForDrift(t *testing.T) {
	const report, heal = storelink.DriftReport, storelink.DriftHeal
	for _, c := range []struct {
		name     string
		policy   storelink.DriftPolicy
		override string // of the organization
		byHand   string
		state    storelink.MappingState
		has      string
		calls    []string
	}{
		{name: "as it was", policy: heal, byHand: "K", state: storelink.StateConnected, has: "K", calls: []string{"GET"}},
		{name: "another id is reported", policy: report, byHand: "H", state: storelink.StateDrifted, has: "H", calls: []string{"GET"}},
		{name: "a removal is reported", policy: report, state: storelink.StateDrifted, calls: []string{"GET"}},
		{name: "another id is put right", policy: heal, byHand: "H", state: storelink.StateConnected, has: "K",
			calls: []string{"GET", "DELETE", "POST K"}},
		{name: "a removal is put right", policy: heal, state: storelink.StateConnected, has: "K", calls: []string{"GET", "POST K"}},
		{name: "the organization heals", policy: report, override: "heal", state: storelink.StateConnected, has: "K",
			calls: []string{"GET", "POST K"}},
		{name: "the organization reports", policy: heal, override: "report", byHand: "H", state: storelink.StateDrifted, has: "H",
			calls: []string{"GET"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := driftRig(t, c.policy)
			r.exec(`UPDATE organizations SET drift_policy = NULLIF($1, '')`, c.override)
			r.byHand(c.byHand)

			m := r.lookForDrift()

			require.Equal(t, c.state, m.State)
			require.Equal(t, c.has, deref(m.ObservedLocalStoreID))
			require.Equal(t, "K", deref(m.DesiredLocalStoreID))
			require.Equal(t, c.has, r.connected(0))
			require.Equal(t, c.calls, r.calls(0))
		})
	}
}

// A look that healed died between its DELETE and its POST, and by then the policy is another.
func TestAGapOfOursIsClosedWhateverThePolicy(t *testing.T) {
	r := driftRig(t, storelink.DriftReport)
	r.byHand("")
	r.exec(`UPDATE mappings SET observed_local_id = NULL, restore_local_id = 'H', named_ids = '{H}',
		due_at = storelink_now(), due_for = 'drift', lane = 'drift'`)
	r.eventually("the store is connected again", func() bool { return r.connected(0) == "K" })
	r.eventually("the table says so", func() bool {
		m := r.mapping(0)
		return m.State == storelink.StateConnected && deref(m.ObservedLocalStoreID) == "K" && m.RestoreLocalStoreID == nil
	})
	require.Equal(t, []string{"GET", "POST K"}, r.calls(0))
}

func TestDriftThatEndsByItselfIsOver(t *testing.T) {
	r := driftRig(t, storelink.DriftReport)
	r.byHand("H")
	require.Equal(t, storelink.StateDrifted, r.lookForDrift().State)
	r.byHand("K")
	require.Equal(t, storelink.StateConnected, r.lookForDrift().State)
}

func TestAFlappingStoreIsLeftToAPerson(t *testing.T) {
	r := driftRig(t, storelink.DriftHeal)
	for range 3 {
		r.byHand("H")
		require.Equal(t, storelink.StateConnected, r.lookForDrift().State)
	}
	r.byHand("H")
	m := r.lookForDrift()
	require.Equal(t, storelink.StateDrifted, m.State)
	require.Equal(t, []string{"GET"}, r.calls(0))
	history, err := r.db.MappingHistory(t.Context(), m.ID, storelink.Page{Limit: 100})
	require.NoError(t, err)
	require.Contains(t, history.Items[len(history.Items)-1].Why, "put right 3 times in a day")

	r.exec(`UPDATE mappings SET heals_since = storelink_now() - interval '25 hours'`)
	require.Equal(t, storelink.StateConnected, r.lookForDrift().State, "a day later it is put right again")
}

func TestAStoreThatIsGoneIsNotHealedForEver(t *testing.T) {
	r := driftRig(t, storelink.DriftHeal)
	r.byHand("")
	r.fault(0, "POST", sandbox.Fault{Status: 404, Times: 10})
	m := r.lookForDrift()
	require.Equal(t, storelink.StateFailed, m.State)
	require.Equal(t, storelink.FailStoreNotFound, m.Code)
	require.Nil(t, m.NextTryAt)
}

func TestNobodyLooksWithADeadGrant(t *testing.T) {
	r := driftRig(t, storelink.DriftHeal)
	r.byHand("H")
	require.NoError(t, r.tokens.MarkGrant(t.Context(), "first", ""))
	r.exec(`UPDATE mappings SET due_at = storelink_now(), due_for = 'drift', lane = 'drift'`)
	r.eventually("the look is put off", func() bool { return r.nextLook().After(time.Now().Add(50 * time.Minute)) })
	require.Empty(t, r.calls(0))
	require.Equal(t, storelink.StateConnected, r.mapping(0).State)
}

func TestARunSettlesSpreadOverTheInterval(t *testing.T) {
	r := newRig(t, sandbox.Options{})
	r.drift = onboard.Drift{Interval: time.Hour, Policy: storelink.DriftReport}
	r.replica()
	r.onboard(storelink.Ask{Store: r.ref(0), LocalStoreID: "K"})
	require.WithinRange(t, r.nextLook(), time.Now().Add(-time.Minute), time.Now().Add(time.Hour+time.Second))
	require.Nil(t, r.mapping(0).NextTryAt, "it waits for nothing")
}
