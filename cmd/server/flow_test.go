package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// The whole path of a manager, from consent to sign-out, with exactly the upstream calls that it takes.
func TestTheWholePath(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]

	steps := []struct {
		localID, replaces, outcome, observed string
		calls                                int
	}{
		{"K-1", "", "connected", "K-1", 2},
		{"K-1", "", "unchanged", "K-1", 1},
		{"K-2", "", "conflict", "K-1", 1},
		{"K-2", "K-1", "replaced", "K-2", 3},
	}
	for _, step := range steps {
		r.box.ResetCalls()
		run := p.onboard(store, step.localID, step.replaces)
		require.Equal(t, step.outcome, run.Items[0].Outcome)
		require.Equal(t, step.observed, *run.Items[0].ObservedLocalStoreID)
		require.Equal(t, step.calls, r.connectionCalls(), step.outcome)
		connected, _ := r.box.Connection(store.StoreID)
		require.Equal(t, step.observed, connected)
	}

	var live struct {
		Connected    bool
		LocalStoreID string
	}
	p.get(connectionPath(store), &live)
	require.True(t, live.Connected)
	require.Equal(t, "K-2", live.LocalStoreID)

	r.box.ResetCalls()
	a := p.send(http.MethodDelete, connectionPath(store), nil, "If-Match", `"K-2"`)
	require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	require.Equal(t, 2, r.connectionCalls())
	again := p.send(http.MethodDelete, connectionPath(store), nil)
	require.Equal(t, http.StatusNoContent, again.status, "a disconnect can be repeated")
	p.get(connectionPath(store), &live)
	require.False(t, live.Connected)

	require.Equal(t, http.StatusNoContent, p.send(http.MethodPost, "/auth/logout", nil).status)
	r.problemOf(p.send(http.MethodGet, "/api/brands", nil), http.StatusUnauthorized, "not-signed-in")
}

// Every page of upstream's is read, whatever the client's own limit is.
func TestTheTreeIsComplete(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountLarge)
	want := r.box.Stores(sandbox.AccountLarge)

	var brands struct {
		Items []struct{ ID, Name string }
		Total *struct{ Value int }
	}
	p.get("/api/brands?limit=500", &brands)
	require.Len(t, brands.Items, 20)

	seen := map[string]bool{}
	cursor := ""
	for {
		var page struct {
			Items      []struct{ ID string }
			NextCursor *string
		}
		p.get("/api/brands/"+brands.Items[0].ID+"/stores?limit=77"+cursor, &page)
		for _, s := range page.Items {
			require.False(t, seen[s.ID], "a store comes once")
			seen[s.ID] = true
		}
		if page.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *page.NextCursor
	}
	require.Len(t, seen, 500)

	r.eventually("all brands are loaded", func() bool {
		var list struct {
			Loading *struct{ Brands, Of int }
			Total   *struct{ Value int }
		}
		p.get("/api/stores?limit=1", &list)
		return list.Loading == nil && list.Total != nil && list.Total.Value == len(want)
	})
}

func TestStoresCarryTheirMapping(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	p.onboard(store, "K-1", "")
	var list struct {
		Items []struct {
			ID      string
			Mapping *struct {
				State        string
				LocalStoreID *string
			}
		}
	}
	p.get("/api/brands/"+store.BrandID+"/stores", &list)
	at := slices.IndexFunc(list.Items, func(s struct {
		ID      string
		Mapping *struct {
			State        string
			LocalStoreID *string
		}
	}) bool {
		return s.ID == store.StoreID
	})
	require.GreaterOrEqual(t, at, 0)
	require.Equal(t, "connected", list.Items[at].Mapping.State)
	require.Equal(t, "K-1", *list.Items[at].Mapping.LocalStoreID)
	p.get("/api/brands/"+store.BrandID+"/stores?state=connected", &list)
	require.Len(t, list.Items, 1)
}

// An operator finds a mapping by any of its ids, and its history says what happened.
func TestAnOperatorFindsTheMapping(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	p.onboard(stores[0], "K-1", "")
	p.onboard(stores[0], "K-2", "K-1")
	p.onboard(stores[3], "K-3", "")

	type mapping struct{ ID, StoreID, State, DesiredLocalStoreID, PreviousLocalStoreID string }
	type list struct {
		Items      []mapping
		NextCursor *string
	}
	find := func(query string) list {
		t.Helper()
		a := r.admin("read", http.MethodGet, "/admin/mappings"+query)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var l list
		require.NoError(t, a.into(&l))
		return l
	}
	for _, query := range []string{"?localStoreId=K-2", "?remoteStoreId=" + stores[0].StoreID} {
		l := find(query)
		require.Len(t, l.Items, 1, query)
		require.Equal(t, "K-2", l.Items[0].DesiredLocalStoreID)
		require.Equal(t, "K-1", l.Items[0].PreviousLocalStoreID)
	}
	require.Len(t, find("?brandId="+stores[0].BrandID+"&state=connected").Items, 2)
	require.Empty(t, find("?state=failed").Items)
	first := find("?limit=1")
	require.NotNil(t, first.NextCursor)
	second := find("?limit=1&cursor=" + *first.NextCursor)
	require.NotEqual(t, first.Items[0].ID, second.Items[0].ID)
	r.problemOf(r.admin("read", http.MethodGet, "/admin/mappings?state=failed&cursor="+*first.NextCursor), http.StatusBadRequest, "invalid-request")

	var m mapping
	require.NoError(t, r.admin("read", http.MethodGet, "/admin/mappings/lookup?localStoreId=K-2").into(&m))
	require.Equal(t, stores[0].StoreID, m.StoreID)
	a := r.admin("read", http.MethodGet, "/admin/mappings/lookup?remoteStoreId="+stores[1].StoreID)
	require.Equal(t, http.StatusNotFound, a.status)
	require.Contains(t, string(a.body), `"knownStore"`)

	var history struct {
		Items []struct{ Kind, Actor string }
	}
	require.NoError(t, r.admin("read", http.MethodGet, "/admin/mappings/"+m.ID+"/history").into(&history))
	require.Len(t, history.Items, 7, "two asks, three changes, two endings")
}

// A request that waits no longer than its client gets the run's address instead.
func TestASlowUpstreamIsAnsweredWithTheRun(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	r.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPattern: "/connection$", Status: 503, Times: -1})
	a := p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Prefer", "wait=0")
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	location := a.header.Get("Location")
	require.True(t, strings.HasPrefix(location, "/api/onboard/"), location)
	var run struct {
		State  string
		Counts map[string]int
	}
	p.get(location, &run)
	require.NotEqual(t, "done", run.State)
	require.Equal(t, 1, run.Counts["pending"])
	r.box.ClearFaults()
	r.eventually("the run ends", func() bool {
		p.get(location, &run)
		return run.State == "done" && run.Counts["connected"] == 1
	})
}

// A replica that dies leaves its work to the next one.
func TestAnotherReplicaGoesOn(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	r.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPattern: "/connection$", Status: 503, Times: -1})
	a := p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Prefer", "wait=0")
	require.Equal(t, http.StatusAccepted, a.status)
	r.service.stop()
	r.box.ClearFaults()
	r.settings.PublicURL = ""
	r.start(100)
	r.eventually("it is connected", func() bool {
		connected, _ := r.box.Connection(store.StoreID)
		return connected == "K-1"
	})
}

// Accounts whose grant lacks something are told what, before anything is written.
func TestAReadOnlyAccountMayNotConnect(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountReadOnly)
	store := r.box.Stores(sandbox.AccountReadOnly)[0]
	r.box.ResetCalls()
	r.problemOf(p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", "")), http.StatusForbidden, "scope-missing")
	r.problemOf(p.send(http.MethodDelete, connectionPath(store), nil), http.StatusForbidden, "scope-missing")
	require.Zero(t, r.connectionCalls())
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM mappings`))
}

func TestTheDemoPasses(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, (&demoCommand{Account: sandbox.AccountSmall}).Run(ctx))
}
