package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

const gatewayPage = "<html><body><h1>502 Bad Gateway</h1></body></html>"

// spoilt is what happens to the next calls with a method on one store's connection.
type spoilt struct {
	method string
	faults []sandbox.Fault
}

func on(method string, faults ...sandbox.Fault) spoilt { return spoilt{method, faults} }

func times(n int, f sandbox.Fault) sandbox.Fault {
	f.Times = n
	return f
}

// Each row spoils calls of one ask. Rows have a store each, and are worked on at the same time. OLD and NEW stand for
// ids of the row's own.
func TestFaultsOfOneAsk(t *testing.T) {
	const (
		get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
		late           = shortLateness * 6 / 10
	)
	status := func(code int) sandbox.Fault { return sandbox.Fault{Status: code} }
	page := func(code int) sandbox.Fault { return sandbox.Fault{Status: code, Body: gatewayPage} }
	happened := func(f sandbox.Fault) sandbox.Fault {
		f.AfterEffect = true
		return f
	}
	comesLate := func(f sandbox.Fault) sandbox.Fault {
		f.LateEffect = late
		return f
	}
	lostBefore, lostAfter := sandbox.Fault{Drop: sandbox.DropBefore}, sandbox.Fault{Drop: sandbox.DropAfter}
	hangs := sandbox.Fault{Hang: true}
	tests := []struct {
		name     string
		old      bool // OLD is connected, and the ask may replace it
		ask      string
		spoilt   []spoilt
		outcome  string
		code     string
		observed string
		says     []string
	}{
		{name: "GET: reset", old: true, ask: "NEW", spoilt: []spoilt{on(get, times(6, lostBefore))}, outcome: "replaced", observed: "NEW"},
		{name: "GET: time-out", old: true, ask: "NEW", spoilt: []spoilt{on(get, hangs)}, outcome: "replaced", observed: "NEW"},
		{name: "GET: 500", old: true, ask: "NEW", spoilt: []spoilt{on(get, times(4, status(500)))}, outcome: "replaced", observed: "NEW"},
		{name: "GET: a gateway's 502 page", old: true, ask: "NEW", spoilt: []spoilt{on(get, times(4, page(502)))}, outcome: "replaced", observed: "NEW"},
		{name: "GET: a gateway's page as 200", old: true, ask: "NEW", spoilt: []spoilt{on(get, times(4, page(200)))}, outcome: "replaced", observed: "NEW"},
		{name: "GET: a gateway's page as 404", old: true, ask: "NEW", spoilt: []spoilt{on(get, times(4, page(404)))}, outcome: "replaced", observed: "NEW"},
		{name: "GET: longer than a pass tries", ask: "NEW", spoilt: []spoilt{on(get, times(12, status(503)))}, outcome: "connected", observed: "NEW"},
		{name: "GET: 429", old: true, ask: "NEW", spoilt: []spoilt{on(get, times(3, status(429)))}, outcome: "replaced", observed: "NEW"},

		{name: "DELETE: no answer, no effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, lostBefore)}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: no answer, effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, lostAfter)}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: no answer, late effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, comesLate(sandbox.Fault{}))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: time-out, no effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, hangs)}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: time-out, effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, happened(hangs))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 502 page, effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, happened(page(502)))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 504, late effect", old: true, ask: "NEW", spoilt: []spoilt{on(del, comesLate(status(504)))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 500", old: true, ask: "NEW", spoilt: []spoilt{on(del, status(500))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 503 page", old: true, ask: "NEW", spoilt: []spoilt{on(del, page(503))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: a gateway's page as 404", old: true, ask: "NEW", spoilt: []spoilt{on(del, page(404))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 429", old: true, ask: "NEW", spoilt: []spoilt{on(del, times(2, status(429)))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 403", old: true, ask: "NEW", spoilt: []spoilt{on(del, status(403))}, outcome: "failed", code: "access_denied", observed: "OLD", says: []string{"OLD"}},
		{name: "DELETE: 404, gone by hand", old: true, ask: "NEW", spoilt: []spoilt{on(del, happened(status(404)))}, outcome: "replaced", observed: "NEW"},
		{name: "DELETE: 404, gone by hand, and the id is refused: nothing of ours is to be put back", old: true, ask: "NEW",
			spoilt: []spoilt{on(del, happened(status(404))), on(post, status(422))}, outcome: "failed", code: "local_store_id_refused", says: []string{"NEW", "not connected"}},

		{name: "POST: no answer, no effect, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, lostBefore)}, outcome: "replaced", observed: "NEW"},
		{name: "POST: no answer, effect, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, lostAfter)}, outcome: "replaced", observed: "NEW"},
		{name: "POST: no answer, late effect, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, comesLate(sandbox.Fault{}))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: no answer, late effect", ask: "NEW", spoilt: []spoilt{on(post, comesLate(sandbox.Fault{}))}, outcome: "connected", observed: "NEW"},
		{name: "POST: time-out, no effect, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, hangs)}, outcome: "replaced", observed: "NEW"},
		{name: "POST: 502 page, effect, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, happened(page(502)))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: 504, late effect, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, comesLate(status(504)))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: 500, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, times(2, status(500)))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: 503 page, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, page(503))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: a gateway's page as 422, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, page(422))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: 429, in the gap", old: true, ask: "NEW", spoilt: []spoilt{on(post, times(2, status(429)))}, outcome: "replaced", observed: "NEW"},
		{name: "POST: 409, something is connected here by now: our own", ask: "NEW", spoilt: []spoilt{on(post, happened(status(409)))}, outcome: "connected", observed: "NEW"},
		{name: "POST: refused while an earlier one may still come: it ends when that is known", ask: "NEW",
			spoilt: []spoilt{on(post, comesLate(sandbox.Fault{}), status(422))}, outcome: "connected", observed: "NEW"},
		{name: "POST: refused while an earlier one might have come, but did not", ask: "NEW",
			spoilt: []spoilt{on(post, lostBefore, status(422))}, outcome: "failed", code: "local_store_id_refused", says: []string{"NEW", "not connected"}},

		{name: "refused after DELETE: 400", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(400))},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after DELETE: 403", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(403))},
			outcome: "failed", code: "access_denied", observed: "OLD", says: []string{"no access", "OLD"}},
		{name: "refused after DELETE: 404", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(404))},
			outcome: "failed", code: "store_not_found", observed: "OLD", says: []string{"does not know", "OLD"}},
		{name: "refused after DELETE: 409, held by nobody we know", old: true, ask: "NEW", spoilt: []spoilt{on(post, times(3, status(409)))},
			outcome: "failed", code: "local_store_id_taken", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after DELETE: 413", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(413))},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after DELETE: 422", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(422))},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after DELETE, and the restore's answer is lost", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(422), lostAfter)},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after DELETE, and the restore comes late", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(422), comesLate(sandbox.Fault{}))},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after DELETE, and the restore gets 500", old: true, ask: "NEW", spoilt: []spoilt{on(post, status(422), status(500))},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},
		{name: "refused after a DELETE whose answer was lost", old: true, ask: "NEW", spoilt: []spoilt{on(del, lostAfter), on(post, status(422))},
			outcome: "failed", code: "local_store_id_refused", observed: "OLD", says: []string{"NEW", "OLD"}},

		{name: "disconnect: no answer, effect", old: true, spoilt: []spoilt{on(del, lostAfter)}, outcome: "disconnected"},
		{name: "disconnect: no answer, no effect", old: true, spoilt: []spoilt{on(del, lostBefore)}, outcome: "disconnected"},
		{name: "disconnect: late effect", old: true, spoilt: []spoilt{on(del, comesLate(sandbox.Fault{}))}, outcome: "disconnected"},
		{name: "disconnect: 500", old: true, spoilt: []spoilt{on(del, status(500))}, outcome: "disconnected"},
		{name: "disconnect: 404, gone by hand", old: true, spoilt: []spoilt{on(del, happened(status(404)))}, outcome: "disconnected"},
	}
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountLarge)
	stores := r.box.Stores(sandbox.AccountLarge)
	own := func(id string, i int) string {
		if id == "" {
			return ""
		}
		return fmt.Sprintf("%s-%d", id, i)
	}
	runs := make([]string, len(tests))
	for i, tt := range tests {
		replaces := ""
		if tt.old {
			replaces = own("OLD", i)
			r.connectByHand(stores[i], replaces)
		}
		for _, s := range tt.spoilt {
			for _, f := range s.faults {
				r.fault(stores[i], s.method, f)
			}
		}
		runs[i] = p.change(stores[i], own(tt.ask, i), replaces)
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := r.as(t)
			p := p.as(r)
			item := p.ended(runs[i]).Items[0]
			require.Equal(t, tt.outcome, item.Outcome, "%+v", item.Error)
			require.Equal(t, own(tt.observed, i), item.ObservedLocalStoreID)
			if tt.code == "" {
				require.Nil(t, item.Error)
			} else {
				require.NotNil(t, item.Error)
				require.Equal(t, tt.code, item.Error.Code)
			}
			for _, word := range tt.says {
				require.Contains(t, item.Error.Detail, word)
			}
			r.atRest(stores[i], own(tt.observed, i))
			r.askingAgainIsOneLook(p, stores[i], own(tt.observed, i))
		})
	}
}

// change asks for an id, or, without one, for a disconnect, and returns the run.
func (p *person) change(s sandbox.Store, id, replaces string) string {
	p.r.t.Helper()
	if id != "" {
		return p.begin(want{s, id, replaces})
	}
	a := p.send(http.MethodDelete, connectionPath(s), nil, "Prefer", "wait=0")
	if a.status == http.StatusNoContent { // it had ended before the answer was made, which names no run then
		var newest struct{ Items []runView }
		p.get("/api/onboard?limit=1", &newest)
		require.Len(p.r.t, newest.Items, 1)
		return newest.Items[0].ID
	}
	require.Equal(p.r.t, http.StatusAccepted, a.status, "%s", a.body)
	var run runView
	require.NoError(p.r.t, a.into(&run))
	return run.ID
}

// askingAgainIsOneLook checks that what stands needs one GET and nothing else.
func (r *rig) askingAgainIsOneLook(p *person, s sandbox.Store, id string) {
	r.t.Helper()
	if id == "" {
		return
	}
	before := len(r.callsOf(s))
	require.Equal(r.t, "unchanged", p.asked(s, id, "").Outcome)
	require.Equal(r.t, []string{http.MethodGet}, r.callsOf(s)[before:])
}

// What a person connects in the middle of a pass is not ours to take away: the second kind of 409.
func TestFault409ConnectedByHandInTheGap(t *testing.T) {
	t.Parallel()
	g := &gate{}
	r := newRig(t, rigOptions{settings: shortTimeout, upstream: g.in})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	r.connectByHand(store, "OLD")
	h := g.before(t, http.MethodPost, store)
	run := p.begin(want{store, "NEW", "OLD"})
	h.wait()
	r.connectByHand(store, "HAND")
	h.release()
	item := p.ended(run).Items[0]
	require.Equal(t, "conflict", item.Outcome)
	require.Equal(t, "HAND", item.ObservedLocalStoreID)
	m := r.atRest(store, "HAND")
	require.Equal(t, "conflict", m.State)
}

// Upstream answers 404 for a connection that is not there and for a store that is not: the POST tells.
func TestFault404AStoreThatDoesNotExist(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	store.StoreID = "00000000-0000-4000-8000-000000000000"
	item := p.asked(store, "NEW", "")
	require.Equal(t, "failed", item.Outcome)
	require.Equal(t, "store_not_found", item.Error.Code)
	require.False(t, item.Error.Retryable)
	m := r.atRest(store, "")
	require.Equal(t, "failed", m.State)
	require.False(t, m.Managed)
	other := r.box.Stores(sandbox.AccountSmall)[1]
	require.Equal(t, "connected", p.asked(other, "NEW", "").Outcome, "the id is free")
}

// A store whose old id cannot be put back is dark: it is said, tried on, and right again once upstream lets it.
func TestFaultARefusedRestoreIsTriedOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	r.connectByHand(stores[0], "OLD")
	r.fault(stores[0], http.MethodPost, sandbox.Fault{Status: http.StatusUnprocessableEntity, Times: -1})
	item := p.asked(stores[0], "NEW", "OLD")
	require.Equal(t, "failed", item.Outcome)
	require.Equal(t, "restore_failed", item.Error.Code)
	require.Contains(t, item.Error.Detail, "NEW")
	require.Contains(t, item.Error.Detail, "OLD")
	require.True(t, item.Error.Retryable)
	require.Empty(t, item.ObservedLocalStoreID)
	m := r.mappingOf(stores[0])
	require.True(t, m.Dark)
	require.Equal(t, "restore_failed", m.Code)
	require.Equal(t, "OLD", m.RestoreLocalStoreID)
	tries := len(r.callsOf(stores[0]))
	r.soon("it is tried again", func() bool { return len(r.callsOf(stores[0])) > tries+1 })
	for _, call := range r.callsOf(stores[0])[tries:] {
		require.NotEqual(t, "POST NEW", call, "the refused id is not tried again")
	}

	taken := r.problemOf(p.send(http.MethodPost, "/api/onboard", ask(stores[1], "OLD", "")), http.StatusConflict, "local-store-id-taken")
	require.Equal(t, "/items/0/localStoreId", taken.Errors[0].Pointer)
	require.Empty(t, r.callsOf(stores[1]))

	r.box.ClearFaults()
	r.soon("the old id is back", func() bool { return r.connectedTo(stores[0]) == "OLD" })
	m = r.atRest(stores[0], "OLD")
	require.Equal(t, "local_store_id_refused", m.Code, "what became of the ask is still said")
	require.Equal(t, "connected", p.asked(stores[1], "NEW", "").Outcome, "the refused id is free")
}

// The pauses between looks at an upstream that is down grow, and nothing is lost over them.
func TestFaultUpstreamIsDownForAWhile(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	r.fault(store, http.MethodGet, sandbox.Fault{Status: http.StatusBadGateway, Body: gatewayPage, Times: -1})
	id := p.begin(want{store, "NEW", ""})
	var first, second time.Duration
	pause := func(attempts int) func() bool {
		return func() bool {
			m := r.mappingOf(store)
			if m.Attempts < attempts || m.NextTryAt == nil {
				return false
			}
			first, second = second, time.Until(*m.NextTryAt)
			return true
		}
	}
	r.soon("it waits", pause(1))
	run := p.view(id)
	require.Equal(t, "waiting", run.State)
	require.Equal(t, "upstream", run.WaitingFor)
	require.NotNil(t, run.WaitingSince)
	r.soon("it waits longer", pause(2))
	require.Greater(t, second, first)
	m := r.mappingOf(store)
	require.Equal(t, "upstream_unavailable", m.Code)
	require.NotContains(t, m.UpstreamMessage, "<", "a gateway's page is no message")
	r.box.ClearFaults()
	require.Equal(t, "connected", p.ended(id).Items[0].Outcome)
	r.atRest(store, "NEW")
}
