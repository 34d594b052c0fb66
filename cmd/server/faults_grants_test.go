package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// sessionView is what the page knows of its grant.
type sessionView struct {
	SignedIn bool
	Grant    *struct{ State string }
}

func (p *person) mustConsentAgain() bool {
	p.r.t.Helper()
	var s sessionView
	p.get("/api/session", &s)
	return s.Grant != nil && s.Grant.State == "reauthorization_required"
}

// denied is a 401 that is meant: a single one is tried again by the client.
var denied = sandbox.Fault{Status: http.StatusUnauthorized, Times: 2}

// A grant that upstream does not accept any more is marked, and the next one goes on with the same pass, also with the
// store dark in between.
func TestFault401WithASecondGrant(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	for i, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			r := r.as(t)
			people := []*person{r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountSmall)}
			store := r.box.Stores(sandbox.AccountSmall)[i]
			r.connectByHand(store, "OLD-"+method)
			r.fault(store, method, denied)
			id := people[0].begin(want{store, "NEW-" + method, "OLD-" + method})
			r.soon("it is replaced", func() bool { return r.mappingOf(store).State == "connected" })
			r.atRest(store, "NEW-"+method)
			marked := 0
			for _, p := range people {
				if p.mustConsentAgain() {
					marked++
				} else {
					require.Equal(t, "replaced", p.view(id).Items[0].Outcome)
				}
			}
			require.Equal(t, 1, marked, "one of the two grants is marked, and says so")
		})
	}
}

// Without another grant the run waits for consent, and goes on by itself once somebody of the organization gave it.
func TestFault401WithoutASecondGrant(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			r := newRig(t, rigOptions{settings: shortTimeout})
			p := r.signedIn(sandbox.AccountSmall)
			store := r.box.Stores(sandbox.AccountSmall)[0]
			r.connectByHand(store, "OLD")
			r.fault(store, method, denied)
			id := p.begin(want{store, "NEW", "OLD"})
			r.soon("it waits", func() bool { return r.mappingOf(store).WaitingFor == "consent" })
			m := r.mappingOf(store)
			require.Equal(t, "waiting", m.State)
			require.Equal(t, "reauthorization_required", m.Code)
			require.Equal(t, method == http.MethodPost, m.Dark, "the gap has a name while it lasts")
			require.True(t, p.mustConsentAgain())

			again := r.signedIn(sandbox.AccountSmall)
			run := again.ended(id)
			require.Equal(t, "replaced", run.Items[0].Outcome, "%+v", run.Items[0].Error)
			r.atRest(store, "NEW")
		})
	}
}

// A run says what it waits for and since when.
func TestFault401TheRunSaysThatItWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	r.fault(stores[0], http.MethodGet, sandbox.Fault{Status: http.StatusServiceUnavailable, Times: -1})
	r.fault(stores[1], http.MethodGet, sandbox.Fault{Status: http.StatusServiceUnavailable, Times: -1})
	id := p.begin(want{stores[0], "K-0", ""}, want{stores[1], "K-1", ""})
	r.box.RevokeTokens(sandbox.AccountSmall)
	r.box.ClearFaults()
	r.soon("both wait", func() bool {
		return r.mappingOf(stores[0]).WaitingFor == "consent" && r.mappingOf(stores[1]).WaitingFor == "consent"
	})
	run := p.view(id)
	require.Equal(t, "waiting", run.State)
	require.Equal(t, "consent", run.WaitingFor)
	require.NotNil(t, run.WaitingSince)
	require.Equal(t, 2, run.Counts["pending"])

	r.signedIn(sandbox.AccountLarge)
	require.Equal(t, "consent", r.mappingOf(stores[0]).WaitingFor, "another organization's consent is none of theirs")
	again := r.signedIn(sandbox.AccountSmall)
	run = again.ended(id)
	require.Equal(t, 2, run.Counts["connected"])
}

// The right to connect is gone by the time of the pass: the grant lacks the scope, or upstream says no.
func TestFault403(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, code string
		happens    func(r *rig, s sandbox.Store)
	}{
		{"the scope is missing", "scope_missing", func(r *rig, _ sandbox.Store) {
			r.exec(`UPDATE grants SET scopes = '{organization.read}'`)
		}},
		{"no access to the store", "access_denied", func(r *rig, s sandbox.Store) {
			r.fault(s, http.MethodGet, sandbox.Fault{Status: http.StatusForbidden})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &gate{}
			r := newRig(t, rigOptions{upstream: g.in})
			p := r.signedIn(sandbox.AccountSmall)
			stores := r.box.Stores(sandbox.AccountSmall)
			r.connectByHand(stores[0], "OLD")
			h := g.before(t, http.MethodGet, stores[0])
			id := p.begin(want{stores[0], "NEW", "OLD"})
			h.wait()
			tt.happens(r, stores[0])
			h.release()
			item := p.ended(id).Items[0]
			require.Equal(t, "failed", item.Outcome)
			require.Equal(t, tt.code, item.Error.Code)
			require.NotEmpty(t, item.Error.Detail)
			require.Zero(t, r.writesOf(stores[0]))
			require.Equal(t, "OLD", r.connectedTo(stores[0]))
			m := r.mappingOf(stores[0])
			require.Equal(t, "failed", m.State)
			require.Nil(t, m.NextTryAt, "it is not tried again")
		})
	}
}

// The gap: no DELETE starts with a grant that ends too soon to close it, and cannot be refreshed.
func TestFaultNoGapWithAGrantThatEndsSoon(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountShortLived)
	stores := r.box.Stores(sandbox.AccountShortLived)
	r.exec(`UPDATE grants SET expires_at = storelink_now() + interval '20 seconds'`)
	r.connectByHand(stores[0], "OLD")
	id := p.begin(want{stores[0], "NEW", "OLD"}, want{stores[1], "FRESH", ""})
	r.soon("the replace waits", func() bool { return r.mappingOf(stores[0]).WaitingFor == "consent" })
	require.Zero(t, r.writesOf(stores[0]))
	require.Equal(t, "OLD", r.connectedTo(stores[0]))
	r.soon("a store without a gap is connected", func() bool { return r.connectedTo(stores[1]) == "FRESH" })

	again := r.signedIn(sandbox.AccountShortLived)
	run := again.ended(id)
	require.Equal(t, "replaced", run.Items[0].Outcome)
	require.Equal(t, "connected", run.Items[1].Outcome)
	r.atRest(stores[0], "NEW")
}

// A 429 is never an error to a user: one store backs off, and the others do not wait for it.
func TestFault429OnOneStore(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	r.fault(stores[0], http.MethodGet, sandbox.Fault{Status: http.StatusTooManyRequests, RetryAfter: "2", Times: 3})
	id := p.begin(want{stores[0], "K-0", ""}, want{stores[1], "K-1", ""}, want{stores[3], "K-3", ""})
	r.soon("the others are connected", func() bool { return p.view(id).Counts["connected"] >= 2 })
	require.Empty(t, r.connectedTo(stores[0]), "while the one still waits")
	run := p.ended(id)
	require.Equal(t, 3, run.Counts["connected"])
	require.Zero(t, run.Counts["failed"])
	r.atRest(stores[0], "K-0")
}

// Upstream's own limit, met by a service that does not know of it: everything comes right, only later.
func TestFault429OnManyStores(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountLarge)
	p.send(http.MethodGet, "/api/organization", nil)
	stores := r.box.Stores(sandbox.AccountLarge)[:30]
	require.NoError(t, r.box.SetSettings(sandbox.Settings{RatePerSecond: 20}))
	wants := make([]want, len(stores))
	for i, s := range stores {
		wants[i] = want{s, "K-" + s.StoreID, ""}
	}
	id := p.begin(wants...)
	run := p.ended(id)
	require.Equal(t, len(stores), run.Counts["connected"], "%+v", run.Counts)
	refused := 0
	for _, c := range r.box.Calls() {
		if c.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	require.NotZero(t, refused)
}
