package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// want is one item of a run.
type want struct {
	store        sandbox.Store
	id, replaces string
}

// runView is a run as its owner sees it, with null as empty.
type runView struct {
	ID, State, WaitingFor string
	WaitingSince          *time.Time
	Counts                map[string]int
	Items                 []itemView
}

type itemView struct {
	StoreID, Outcome, ObservedLocalStoreID string
	Error                                  *struct {
		Code, Detail string
		Retryable    bool
	}
}

// mappingView is a mapping as operators see it, with null as empty.
type mappingView struct {
	ID, State, Code, WaitingFor               string
	DesiredLocalStoreID, ObservedLocalStoreID string
	RestoreLocalStoreID, UpstreamMessage      string
	Managed, Dark                             bool
	Attempts                                  int
	NextTryAt, LeasedUntil, WaitingSince      *time.Time
	Generation, SettledGeneration             int64
}

// shortLateness is the least upstream time-out that there can be, so that waiting for a late effect is short, too.
const shortLateness = time.Second

func shortTimeout(s *config.Settings) { s.UpstreamTimeout = shortLateness }

// begin asks for stores in one run, and does not wait for it.
func (p *person) begin(wants ...want) string {
	p.r.t.Helper()
	a := p.send(http.MethodPost, "/api/onboard", askAll(wants...), "Prefer", "wait=0")
	require.Contains(p.r.t, []int{http.StatusOK, http.StatusAccepted}, a.status, "%s", a.body)
	var run runView
	require.NoError(p.r.t, a.into(&run))
	return run.ID
}

func askAll(wants ...want) map[string]any {
	items := make([]any, len(wants))
	for i, w := range wants {
		items[i] = ask(w.store, w.id, w.replaces)["items"].([]any)[0]
	}
	return map[string]any{"items": items}
}

func (p *person) view(id string) runView {
	p.r.t.Helper()
	var run runView
	p.get("/api/onboard/"+id, &run)
	return run
}

// ended waits for the end of the run. A database that was killed may still be starting when it is asked.
func (p *person) ended(id string) runView {
	p.r.t.Helper()
	var run runView
	p.r.soon("the run ends", func() bool {
		run = runView{} // null leaves what an earlier answer put there
		a, err := p.call(p.r.t.Context(), http.MethodGet, "/api/onboard/"+id, nil)
		return err == nil && a.status == http.StatusOK && a.into(&run) == nil && run.State == "done"
	})
	return run
}

// asked asks for one store and returns the item once it has ended.
func (p *person) asked(s sandbox.Store, id, replaces string) itemView {
	p.r.t.Helper()
	return p.ended(p.begin(want{s, id, replaces})).Items[0]
}

// soon polls with a deadline that a busy machine keeps, too.
func (r *rig) soon(what string, condition func() bool) {
	r.t.Helper()
	require.Eventually(r.t, condition, 45*time.Second, 50*time.Millisecond, what)
}

// as returns the rig for a test within the test that made it.
func (r *rig) as(t *testing.T) *rig {
	t.Helper()
	part := *r
	part.t = t
	return &part
}

func (p *person) as(r *rig) *person { return &person{browser: p.browser, r: r} }

// fault spoils the next calls with this method on the store's connection.
func (r *rig) fault(s sandbox.Store, method string, f sandbox.Fault) {
	f.Method, f.PathPattern = method, s.StoreID+"/connection$"
	r.box.Inject(f)
}

// callsOf returns what was asked of the store's connection upstream: "GET", "POST K-1", "DELETE".
func (r *rig) callsOf(s sandbox.Store) []string {
	calls := []string{}
	for _, c := range r.box.Calls() {
		if strings.HasSuffix(c.Path, s.StoreID+"/connection") {
			calls = append(calls, strings.TrimSpace(c.Method+" "+c.LocalID))
		}
	}
	return calls
}

// writesOf counts the calls that could have changed the store's connection.
func (r *rig) writesOf(s sandbox.Store) int {
	n := 0
	for _, call := range r.callsOf(s) {
		if call != http.MethodGet {
			n++
		}
	}
	return n
}

func (r *rig) connectedTo(s sandbox.Store) string {
	id, _ := r.box.Connection(s.StoreID)
	return id
}

func (r *rig) connectByHand(s sandbox.Store, id string) {
	r.t.Helper()
	require.True(r.t, r.box.SetConnection(s.StoreID, id))
}

// mappingOf reads the store's mapping. A database that was killed may not answer yet: it is asked again.
func (r *rig) mappingOf(s sandbox.Store) mappingView {
	r.t.Helper()
	var a answer
	require.Eventually(r.t, func() bool {
		a = r.admin(config.RoleRead, http.MethodGet, "/admin/mappings?remoteStoreId="+s.StoreID)
		return a.status != http.StatusServiceUnavailable
	}, 10*time.Second, 20*time.Millisecond, "the database answers")
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	var list struct{ Items []mappingView }
	require.NoError(r.t, a.into(&list))
	require.Len(r.t, list.Items, 1)
	return list.Items[0]
}

// atRest waits until nothing is due for the store, and checks that upstream has the id, and that the table knows it and
// how it came about.
func (r *rig) atRest(s sandbox.Store, id string) mappingView {
	r.t.Helper()
	var m mappingView
	r.soon("nothing is due any more", func() bool {
		m = r.mappingOf(s)
		return m.NextTryAt == nil && m.LeasedUntil == nil
	})
	require.Equal(r.t, id, r.connectedTo(s), "upstream")
	require.Equal(r.t, id, m.ObservedLocalStoreID, "the table")
	require.False(r.t, m.Dark)
	require.Empty(r.t, m.RestoreLocalStoreID)
	require.Equal(r.t, m.Generation, m.SettledGeneration)
	r.requireOneLine(m, id)
	return m
}

// requireOneLine checks that each change of the history begins where the one before ended, and the last one ends at id.
func (r *rig) requireOneLine(m mappingView, id string) {
	r.t.Helper()
	a := r.admin(config.RoleRead, http.MethodGet, "/admin/mappings/"+m.ID+"/history?limit=500")
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	var history struct {
		Items      []struct{ Kind, Actor, From, To string }
		NextCursor *string
	}
	require.NoError(r.t, a.into(&history))
	require.Nil(r.t, history.NextCursor, "all of it")
	was := ""
	for _, e := range history.Items {
		if e.Kind == "observed" {
			require.Equal(r.t, was, e.From, "%+v", history.Items)
			require.NotEqual(r.t, e.From, e.To, "a change changes something")
			was = e.To
		}
	}
	require.Equal(r.t, id, was, "%+v", history.Items)
}
