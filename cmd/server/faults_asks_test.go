package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// A newer ask in the middle of a pass: the older item ends at once, the older pass at its next write, and the newer one
// may replace what the older one put there. OLD is connected before, NEW what the older ask wants.
func TestFaultANewerAskDuringAPass(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		held     string // the call whose answer is on its way when the newer ask comes
		ask      string
		outcome  string
		observed string
	}{
		{"after GET, for another id", http.MethodGet, "NEWER", "replaced", "NEWER"},
		{"after GET, for the old id", http.MethodGet, "OLD", "unchanged", "OLD"},
		{"after GET, for the same id", http.MethodGet, "NEW", "replaced", "NEW"},
		{"after GET, for nothing", http.MethodGet, "", "disconnected", ""},
		{"after DELETE, for another id", http.MethodDelete, "NEWER", "connected", "NEWER"},
		{"after DELETE, for the old id", http.MethodDelete, "OLD", "connected", "OLD"},
		{"after DELETE, for the same id", http.MethodDelete, "NEW", "connected", "NEW"},
		{"after DELETE, for nothing", http.MethodDelete, "", "unchanged", ""},
		{"after POST, for another id", http.MethodPost, "NEWER", "replaced", "NEWER"},
		{"after POST, for the old id", http.MethodPost, "OLD", "replaced", "OLD"},
		{"after POST, for the same id", http.MethodPost, "NEW", "unchanged", "NEW"},
		{"after POST, for nothing", http.MethodPost, "", "disconnected", ""},
	}
	g := &gate{}
	r := newRig(t, rigOptions{settings: shortTimeout, upstream: g.in})
	p := r.signedIn(sandbox.AccountLarge)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := r.as(t)
			p := p.as(r)
			store := r.box.Stores(sandbox.AccountLarge)[i]
			own := func(id string) string {
				if id == "" {
					return ""
				}
				return id + "-" + store.StoreID
			}
			r.connectByHand(store, own("OLD"))
			h := g.after(t, tt.held, store)
			older := p.begin(want{store, own("NEW"), own("OLD")})
			h.wait()
			newer := p.change(store, own(tt.ask), "")
			run := p.view(older)
			require.Equal(t, "superseded", run.Items[0].Outcome, "while its pass still runs")
			require.Equal(t, "done", run.State)
			h.release()
			item := p.ended(newer).Items[0]
			require.Equal(t, tt.outcome, item.Outcome, "%+v", item.Error)
			require.Equal(t, own(tt.observed), item.ObservedLocalStoreID)
			r.atRest(store, own(tt.observed))
			require.Equal(t, "superseded", p.view(older).Items[0].Outcome)
		})
	}
}

// A newer ask that is refused leaves the store with what it had before the older one began, as nothing else was asked.
func TestFaultANewerAskIsRefusedInTheGapOfTheOlder(t *testing.T) {
	t.Parallel()
	g := &gate{}
	r := newRig(t, rigOptions{settings: shortTimeout, upstream: g.in})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	require.Equal(t, "connected", p.asked(store, "OLD", "").Outcome)
	h := g.after(t, http.MethodDelete, store)
	older := p.begin(want{store, "NEW", "OLD"})
	h.wait()
	r.fault(store, http.MethodPost, sandbox.Fault{Status: http.StatusUnprocessableEntity})
	newer := p.begin(want{store, "NEWER", ""})
	h.release()
	item := p.ended(newer).Items[0]
	require.Equal(t, "failed", item.Outcome)
	require.Equal(t, "local_store_id_refused", item.Error.Code)
	require.Contains(t, item.Error.Detail, "NEWER")
	require.Contains(t, item.Error.Detail, "OLD")
	require.Equal(t, "superseded", p.view(older).Items[0].Outcome)
	m := r.atRest(store, "OLD")
	require.Equal(t, "OLD", m.DesiredLocalStoreID)
}

// While an id is away for a moment, or for longer, it is not free: its store may get it back.
func TestFaultAnotherRunAsksForAnIDThatIsToBeRestored(t *testing.T) {
	t.Parallel()
	g := &gate{}
	r := newRig(t, rigOptions{settings: shortTimeout, upstream: g.in})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	r.connectByHand(stores[0], "OLD")
	h := g.before(t, http.MethodPost, stores[0])
	id := p.begin(want{stores[0], "NEW", "OLD"})
	h.wait()
	require.True(t, r.mappingOf(stores[0]).Dark)
	a := p.send(http.MethodPost, "/api/onboard", askAll(want{stores[1], "FREE", ""}, want{stores[3], "OLD", ""}))
	taken := r.problemOf(a, http.StatusConflict, "local-store-id-taken")
	require.Len(t, taken.Errors, 1)
	require.Equal(t, "/items/1/localStoreId", taken.Errors[0].Pointer)
	require.Empty(t, r.callsOf(stores[1]), "the whole request is refused")
	require.Empty(t, r.callsOf(stores[3]))

	h.release()
	require.Equal(t, "replaced", p.ended(id).Items[0].Outcome)
	r.atRest(stores[0], "NEW")
	require.Equal(t, "connected", p.asked(stores[3], "OLD", "").Outcome, "it is free once it was replaced")
	r.atRest(stores[3], "OLD")
}

// A connection that a person made and nobody asked to replace stays, whatever becomes of the ask.
func TestFaultAStoreConnectedByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	r.connectByHand(store, "HAND")
	for _, ask := range []struct{ id, replaces string }{{"NEW", ""}, {"NEW", "ANOTHER"}, {"HAND-2", "NEW"}} {
		item := p.asked(store, ask.id, ask.replaces)
		require.Equal(t, "conflict", item.Outcome, "%+v", ask)
		require.Equal(t, "HAND", item.ObservedLocalStoreID)
		m := r.atRest(store, "HAND")
		require.Equal(t, "conflict", m.State)
		require.False(t, m.Managed, "we hold no opinion of it")
	}
	a := p.send(http.MethodDelete, connectionPath(store), nil, "If-Match", `"NEW"`)
	r.problemOf(a, http.StatusConflict, "conflict")
	require.Zero(t, r.writesOf(store))
	require.Equal(t, "replaced", p.asked(store, "NEW", "HAND").Outcome)
	r.atRest(store, "NEW")
}

// A write of an older ask that comes late, after a newer ask took over: the newest is what stands in the end, also where
// it had been there already.
func TestFaultALateWriteOfAnOlderAsk(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, late, ask string }{
		{"DELETE, for another id", http.MethodDelete, "NEWER"},
		{"DELETE, for the old id", http.MethodDelete, "OLD"},
		{"DELETE, for the same id", http.MethodDelete, "NEW"},
		{"DELETE, for nothing", http.MethodDelete, ""},
		{"POST, for another id", http.MethodPost, "NEWER"},
		{"POST, for the old id", http.MethodPost, "OLD"},
		{"POST, for the same id", http.MethodPost, "NEW"},
		{"POST, for nothing", http.MethodPost, ""},
	}
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
		r.connectByHand(stores[i], own("OLD", i))
		r.fault(stores[i], tt.late, sandbox.Fault{LateEffect: shortLateness * 8 / 10})
		p.begin(want{stores[i], own("NEW", i), own("OLD", i)})
		r.soon("the write was sent", func() bool { return r.sent(stores[i], tt.late) })
		runs[i] = p.change(stores[i], own(tt.ask, i), own("NEW", i))
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := r.as(t)
			item := p.as(r).ended(runs[i]).Items[0]
			require.NotContains(t, []string{"failed", "conflict"}, item.Outcome, "%+v", item.Error)
			r.soon("the late write is over", func() bool {
				return scalar[int](r, `SELECT count(*) FROM mappings WHERE store_id = $1 AND verify_at IS NOT NULL`, stores[i].StoreID) == 0
			})
			r.atRest(stores[i], own(tt.ask, i))
		})
	}
}

// A dark store can be asked for like any other; what becomes of that is what stands, and the id that was to come back is
// free.
func TestFaultADarkStoreIsAskedForAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, observed string
		happens        func(p *person, s sandbox.Store) string // returns the outcome of an ask, where there is one
		outcome        string
	}{
		{"another id", "NEWER", func(p *person, s sandbox.Store) string { return p.asked(s, "NEWER", "").Outcome }, "connected"},
		{"nothing", "", func(p *person, s sandbox.Store) string { return p.ended(p.change(s, "", "")).Items[0].Outcome }, "unchanged"},
		{"by hand", "HAND", func(p *person, s sandbox.Store) string {
			p.r.connectByHand(s, "HAND")
			return ""
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, rigOptions{settings: shortTimeout})
			p := r.signedIn(sandbox.AccountSmall)
			stores := r.box.Stores(sandbox.AccountSmall)
			r.connectByHand(stores[0], "OLD")
			r.fault(stores[0], http.MethodPost, sandbox.Fault{Status: http.StatusUnprocessableEntity, Times: 2})
			require.Equal(t, "restore_failed", p.asked(stores[0], "NEW", "OLD").Error.Code)
			require.True(t, r.mappingOf(stores[0]).Dark)
			require.Equal(t, tt.outcome, tt.happens(p, stores[0]))
			r.atRest(stores[0], tt.observed)
			require.Equal(t, "connected", p.asked(stores[1], "OLD", "").Outcome)
		})
	}
}

// sent reports whether a call with this method on the store's connection has arrived upstream.
func (r *rig) sent(s sandbox.Store, method string) bool {
	for _, call := range r.callsOf(s) {
		if name, _, _ := strings.Cut(call, " "); name == method {
			return true
		}
	}
	return false
}
