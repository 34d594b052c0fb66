package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
	"storelink/internal/storetest"
)

// The built program, killed for real.
func TestProcesses(t *testing.T) {
	t.Parallel()
	program := buildProgram(t)
	t.Run("killed at each step of a replace", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t, program, storetest.URL(t))
		a := f.replica()
		b := f.stopEachReplaceAtAStep()
		a.kill()
		a.start()
		b.goOn(b.onceASuccessorLooked)
	})
	t.Run("Postgres killed at each step of a replace", func(t *testing.T) {
		t.Parallel()
		postgres := newMortalPostgres(t)
		f := newFleet(t, program, postgres.url)
		f.replica()
		b := f.stopEachReplaceAtAStep()
		postgres.kill()
		postgres.start()
		b.goOn((*hold).release)
	})
	t.Run("killed while the old id is put back", func(t *testing.T) {
		t.Parallel()
		killedDuringARestore(t, newFleet(t, program, storetest.URL(t)))
	})
	t.Run("a dead replica's work is taken up", func(t *testing.T) {
		t.Parallel()
		aDeadReplica(t, newFleet(t, program, storetest.URL(t)))
	})
	t.Run("SIGTERM hands over", func(t *testing.T) {
		t.Parallel()
		aReplicaThatIsToldToEnd(t, newFleet(t, program, storetest.URL(t)))
	})
	t.Run("100 conflicting asks of three processes", func(t *testing.T) {
		t.Parallel()
		conflictingAsks(t, newFleet(t, program, storetest.URL(t)))
	})
}

// boundary is where a replace stands still, and what becomes of the call that is held there.
type boundary struct {
	name   string
	method string
	after  bool
	late   bool // before its effect: the call takes effect yet; else never
	settle bool // in place of all that: the transaction that settles waits for a lock
}

var boundaries = []boundary{
	{name: "before GET", method: http.MethodGet},
	{name: "after GET", method: http.MethodGet, after: true},
	{name: "before DELETE, which never arrives", method: http.MethodDelete},
	{name: "before DELETE, which arrives late", method: http.MethodDelete, late: true},
	{name: "after DELETE", method: http.MethodDelete, after: true},
	{name: "before POST, which never arrives", method: http.MethodPost},
	{name: "before POST, which arrives late", method: http.MethodPost, late: true},
	{name: "after POST", method: http.MethodPost, after: true},
	{name: "before settling", settle: true},
}

// stopped are replaces that stand still, one at each boundary, with a store of its own.
type stopped struct {
	f      *fleet
	p      *person
	stores []sandbox.Store
	runs   []string
	holds  []*hold // nil where it is not a call that is held
	unlock func()
	looks  []int // how often each store had been looked at when everything stood still
}

func (f *fleet) stopEachReplaceAtAStep() *stopped {
	f.t.Helper()
	p := f.signedIn(sandbox.AccountSmall)
	b := &stopped{f: f, p: p, stores: f.box.Stores(sandbox.AccountSmall)}
	// In turn, so that the calls that are held first are not held for long: those of the last steps need more calls.
	for i, at := range slices.Backward(boundaries) {
		store := b.stores[i]
		f.connectByHand(store, fmt.Sprintf("OLD-%d", i))
		var h, settled *hold
		switch {
		case at.settle:
			settled = f.gate.after(f.t, http.MethodPost, store)
		case at.after:
			h = f.gate.after(f.t, at.method, store)
		default:
			h = f.gate.before(f.t, at.method, store)
		}
		b.holds = slices.Insert(b.holds, 0, h)
		b.runs = slices.Insert(b.runs, 0, p.begin(want{store, fmt.Sprintf("NEW-%d", i), fmt.Sprintf("OLD-%d", i)}))
		if settled != nil {
			settled.wait()
			b.unlock = f.lockRun(b.runs[0])
			settled.release()
		}
	}
	for _, h := range b.holds {
		if h != nil {
			h.wait()
		}
	}
	f.soon("the settling waits", func() bool {
		return scalar[int](f.rig, `SELECT count(*) FROM pg_locks WHERE NOT granted`) > 0
	})
	for _, s := range b.stores {
		b.looks = append(b.looks, f.looksOf(s))
	}
	return b
}

// lockRun holds the row that settling an item locks last.
func (f *fleet) lockRun(id string) (unlock func()) {
	f.t.Helper()
	tx, err := f.sql.Begin(f.t.Context())
	require.NoError(f.t, err)
	_, err = tx.Exec(f.t.Context(), `SELECT 1 FROM runs WHERE id = $1 FOR NO KEY UPDATE`, id)
	require.NoError(f.t, err)
	return func() { _ = tx.Rollback(f.t.Context()) } // it ends with its server, too
}

func (f *fleet) looksOf(s sandbox.Store) int {
	looks := 0
	for _, call := range f.callsOf(s) {
		if call == http.MethodGet {
			looks++
		}
	}
	return looks
}

// onceASuccessorLooked lets a call of a dead process take effect when it hurts most: right after the look of the pass
// that goes on.
func (b *stopped) onceASuccessorLooked(h *hold) {
	i := slices.Index(b.holds, h)
	b.f.soon("a successor looks", func() bool { return b.f.looksOf(b.stores[i]) > b.looks[i] })
	h.release()
}

// goOn lets go of everything, of the calls that arrive late as told, and checks that each replace comes out as it was
// asked.
func (b *stopped) goOn(late func(*hold)) {
	t := b.f.t
	t.Helper()
	b.unlock()
	for i, at := range boundaries {
		if b.holds[i] != nil && !at.late {
			b.holds[i].drop()
		}
	}
	for i, at := range boundaries {
		if at.late {
			late(b.holds[i])
		}
	}
	for i, at := range boundaries {
		t.Run(at.name, func(t *testing.T) {
			r := b.f.as(t)
			p := b.p.as(r)
			id := fmt.Sprintf("NEW-%d", i)
			item := p.ended(b.runs[i]).Items[0]
			// Where the first look of the generation outlived its pass, the outcome tells of the old id.
			require.Equal(t, "replaced", item.Outcome, "%+v", item.Error)
			require.Equal(t, id, item.ObservedLocalStoreID)
			m := r.atRest(b.stores[i], id)
			require.Equal(t, "connected", m.State)
		})
	}
}

// The new id was refused, and the process that was about to put the old one back is gone: the next one does it, does not
// try the refused one again, and says both.
func killedDuringARestore(t *testing.T, f *fleet) {
	t.Helper()
	a := f.replica()
	p := f.signedIn(sandbox.AccountSmall)
	stores := f.box.Stores(sandbox.AccountSmall)[:2]
	var runs []string
	var holds []*hold
	for i, s := range stores {
		f.connectByHand(s, fmt.Sprintf("OLD-%d", i))
		refused := f.gate.before(t, http.MethodPost, s)
		runs = append(runs, p.begin(want{s, fmt.Sprintf("NEW-%d", i), fmt.Sprintf("OLD-%d", i)}))
		refused.wait()
		f.fault(s, http.MethodPost, sandbox.Fault{Status: http.StatusUnprocessableEntity})
		if i == 0 {
			holds = append(holds, f.gate.before(t, http.MethodPost, s))
		} else {
			holds = append(holds, f.gate.after(t, http.MethodPost, s))
		}
		refused.release()
	}
	for _, h := range holds {
		h.wait()
	}
	a.kill()
	for _, h := range holds {
		h.drop()
	}
	a.start()
	for i, s := range stores {
		item := p.ended(runs[i]).Items[0]
		require.Equal(t, "failed", item.Outcome)
		require.Equal(t, "local_store_id_refused", item.Error.Code)
		require.Contains(t, item.Error.Detail, fmt.Sprintf("NEW-%d", i))
		require.Contains(t, item.Error.Detail, fmt.Sprintf("OLD-%d", i))
		f.atRest(s, fmt.Sprintf("OLD-%d", i))
		tries := 0
		for _, call := range f.callsOf(s) {
			if call == fmt.Sprintf("POST NEW-%d", i) {
				tries++
			}
		}
		require.Equal(t, 1, tries, "the refused id is not tried again")
	}
}

// Two replicas: the one that holds the work dies, and the other goes on by itself.
func aDeadReplica(t *testing.T, f *fleet) {
	t.Helper()
	a := f.replica()
	p := f.signedIn(sandbox.AccountSmall)
	store := f.box.Stores(sandbox.AccountSmall)[0]
	f.connectByHand(store, "OLD")
	h := f.gate.before(t, http.MethodGet, store)
	id := p.begin(want{store, "NEW", "OLD"})
	h.wait()
	b := f.replica()
	a.kill()
	run := p.at(b).ended(id)
	require.Equal(t, "replaced", run.Items[0].Outcome)
	f.atRest(store, "NEW")
}

// A replica ends within 10 s whatever upstream does, and what it could not finish needs no lease to lapse. A DELETE that
// was on its way then may still come: the next replica waits for that.
func aReplicaThatIsToldToEnd(t *testing.T, f *fleet) {
	t.Helper()
	f.settings = append(f.settings, "STORELINK_UPSTREAM_TIMEOUT=10s") // beyond the end of the process
	a := f.replica()
	p := f.signedIn(sandbox.AccountSmall)
	stores := f.box.Stores(sandbox.AccountSmall)[:3]
	for i, s := range stores {
		f.connectByHand(s, fmt.Sprintf("OLD-%d", i))
	}
	finishes, looks, unanswered := stores[0], stores[1], stores[2]
	held := []*hold{
		f.gate.after(t, http.MethodDelete, finishes), f.gate.before(t, http.MethodGet, looks), f.gate.before(t, http.MethodDelete, unanswered),
	}
	id := p.begin(want{finishes, "NEW-0", "OLD-0"}, want{looks, "NEW-1", "OLD-1"}, want{unanswered, "NEW-2", "OLD-2"})
	for _, h := range held {
		h.wait()
	}
	a.terminate(10*time.Second, held[0].release)
	require.Equal(t, "NEW-0", f.connectedTo(finishes), "a pass in its gap is finished")
	require.Zero(t, scalar[int](f.rig, `SELECT count(*) FROM mappings WHERE leased_until IS NOT NULL`), "leases are handed back")
	require.Equal(t, 1, scalar[int](f.rig, `SELECT count(*) FROM mappings WHERE late_delete AND intent_call IS NULL`))
	held[2].release()
	r := f.rig
	r.soon("it comes late", func() bool { return r.connectedTo(unanswered) == "" })

	a.start()
	run := p.ended(id)
	require.Equal(t, 3, run.Counts["replaced"], "%+v", run.Items)
	for i, s := range stores {
		f.atRest(s, fmt.Sprintf("NEW-%d", i))
	}
}

// Many asks for one store, by three processes at once: one wins, the others say what became of them, history is one line.
func conflictingAsks(t *testing.T, f *fleet) {
	t.Helper()
	const asks = 100
	f.settings = append(f.settings, "STORELINK_CACHE_TTL=0")
	replicas := []*replica{f.replica(), f.replica(), f.replica()}
	p := f.signedIn(sandbox.AccountSmall)
	people := make([]*person, len(replicas))
	for i, a := range replicas {
		people[i] = p.at(a)
	}
	store := f.box.Stores(sandbox.AccountSmall)[0]
	answers, failures := make([]answer, asks), make([]error, asks)
	together(asks, func(i int) {
		answers[i], failures[i] = people[i%len(people)].call(t.Context(), http.MethodPost, "/api/onboard",
			ask(store, fmt.Sprintf("K-%d", i), ""), "Prefer", "wait=0")
	})
	winners, ended := []string{}, map[string]int{}
	for i, a := range answers {
		require.NoError(t, failures[i])
		require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, a.status, "%s", a.body)
		var run runView
		require.NoError(t, a.into(&run))
		item := people[(i+1)%len(people)].ended(run.ID).Items[0]
		ended[item.Outcome]++
		if item.Outcome == "connected" || item.Outcome == "replaced" {
			winners = append(winners, fmt.Sprintf("K-%d", i))
		}
	}
	require.Len(t, winners, 1, "%v", ended)
	require.Equal(t, asks, 1+ended["superseded"]+ended["conflict"], "%v", ended)
	m := f.atRest(store, winners[0])
	require.Equal(t, int64(asks), m.Generation)
	require.Equal(t, winners[0], m.DesiredLocalStoreID)
	require.Equal(t, http.StatusOK, f.admin(config.RoleRead, http.MethodGet, "/admin/mappings/lookup?localStoreId="+winners[0]).status)
}
