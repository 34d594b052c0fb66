package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/sandbox"
)

// itemPages reads all items of a run by pages and returns them with the number of pages.
func (p *person) itemPages(runID, query string) (items []itemShape, pages int) {
	p.r.t.Helper()
	for cursor := ""; ; pages++ {
		var page struct {
			Items      []itemShape
			NextCursor *string
		}
		p.get("/api/onboard/"+runID+"/items?"+query+cursor, &page)
		items = append(items, page.Items...)
		if page.NextCursor == nil {
			return items, pages + 1
		}
		cursor = "&cursor=" + *page.NextCursor
	}
}

func storeIDs(items []itemShape) []string {
	ids := []string{}
	for _, i := range items {
		ids = append(ids, i.StoreID)
	}
	return ids
}

// A run of the greatest size is accepted whole, shows its first items, and the others by pages in the order of the
// request.
func TestTheLargestRun(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	r.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPattern: "/connection$", Hang: true, Times: -1})
	store := r.box.Stores(sandbox.AccountSmall)[0]
	items := make([]any, storelink.MaxItems)
	var asked []string
	for i := range items {
		id := fmt.Sprintf("01890000-0000-7000-8000-%012d", i)
		asked = append(asked, id)
		items[i] = onboardItem(store, map[string]any{"storeId": id, "localStoreId": fmt.Sprint("K-", i)})
	}
	run := p.startRun(items...)
	require.Equal(t, storelink.MaxItems, run.Total)
	require.Equal(t, storelink.MaxItems, run.Counts["pending"])
	require.Equal(t, asked[:500], storeIDs(run.Items))
	all, pages := p.itemPages(run.ID, "limit=500")
	require.Equal(t, 20, pages)
	require.Equal(t, asked, storeIDs(all))

	f := p.follow("", run.ID)
	first, ok := f.next()
	require.True(t, ok)
	require.Len(t, first.run.Items, storelink.MaxItems, "one event tells of all")
	f.leave()

	cancelled := p.send(http.MethodPost, "/api/onboard/"+run.ID+"/cancel", nil)
	require.Equal(t, http.StatusOK, cancelled.status, "%s", cancelled.body)
	var after runShape
	require.NoError(t, cancelled.into(&after))
	require.Equal(t, storelink.MaxItems, after.Counts["cancelled"]+after.Counts["pending"])
	require.Less(t, after.Counts["pending"], 100, "only what was begun goes on")
	rest := p.follow("", run.ID, "Last-Event-ID", first.id)
	missed, ok := rest.next()
	require.True(t, ok)
	require.Len(t, missed.run.Items, after.Counts["cancelled"])
}

func TestItemsByOutcome(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	p.known()
	stores := r.freeStores(sandbox.AccountSmall, 6)
	require.True(t, r.box.SetConnection(stores[1].StoreID, "by hand"))
	r.box.Inject(sandbox.Fault{Method: http.MethodPost, PathPattern: stores[2].StoreID, Status: http.StatusUnprocessableEntity})
	r.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPattern: stores[3].StoreID, Status: http.StatusServiceUnavailable, Times: -1})
	run := p.startRun(itemsFor(stores, "K-")...)
	r.eventually("all but one have ended", func() bool { return p.run(run.ID).Counts["pending"] == 1 })
	for outcome, want := range map[string][]int{
		"connected": {0, 4, 5}, "conflict": {1}, "failed": {2}, "pending": {3}, "replaced": {}, "cancelled": {}, "superseded": {},
		"unchanged": {}, "disconnected": {},
	} {
		ids := []string{}
		for _, n := range want {
			ids = append(ids, stores[n].StoreID)
		}
		items, _ := p.itemPages(run.ID, "limit=1&outcome="+outcome)
		require.Equal(t, ids, storeIDs(items), outcome)
		for _, i := range items {
			require.NotEmpty(t, i.StoreName, outcome)
			require.NotEmpty(t, i.BrandName, outcome)
		}
	}
	var page struct{ NextCursor *string }
	p.get("/api/onboard/"+run.ID+"/items?limit=1&outcome=connected", &page)
	require.NotNil(t, page.NextCursor)
	for _, query := range []string{"", "&outcome=pending"} {
		a := p.send(http.MethodGet, "/api/onboard/"+run.ID+"/items?cursor="+*page.NextCursor+query, nil)
		r.problemOf(a, http.StatusBadRequest, "invalid-request")
	}

	// The failed one is asked again by itself: a run of its own, and the first one keeps what it says.
	again := p.onboard(stores[2], "K-2", "")
	require.Equal(t, "connected", again.Items[0].Outcome)
	failed, _ := p.itemPages(run.ID, "outcome=failed")
	require.Equal(t, "local_store_id_refused", failed[0].Error.Code)
	r.box.ClearFaults()
	r.eventually("the run ends", func() bool { return p.run(run.ID).State == "done" })
	require.Equal(t, map[string]int{"connected": 4, "conflict": 1, "failed": 1, "replaced": 0, "unchanged": 0, "disconnected": 0,
		"superseded": 0, "cancelled": 0, "pending": 0}, p.run(run.ID).Counts)
}

func TestCancelByHTTP(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, stranger, reader := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountShortLived), r.signedIn(sandbox.AccountReadOnly)
	r.stall()
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountSmall, 2), "K-")...)
	cancel := func(p *person, id string) answer { return p.send(http.MethodPost, "/api/onboard/"+id+"/cancel", nil) }
	r.problemOf(cancel(stranger, run.ID), http.StatusNotFound, "not-found")
	r.problemOf(cancel(p, "01890000-0000-7000-8000-000000000000"), http.StatusNotFound, "not-found")
	r.problemOf(cancel(p, "x"), http.StatusBadRequest, "invalid-request")
	r.problemOf(cancel(reader, run.ID), http.StatusForbidden, "scope-missing")
	r.problemOf(stranger.send(http.MethodGet, "/api/onboard/"+run.ID+"/events", nil), http.StatusNotFound, "not-found")
	r.problemOf(stranger.send(http.MethodGet, "/api/onboard/"+run.ID+"/items", nil), http.StatusNotFound, "not-found")
	r.eventually("passes have begun", func() bool { return scalar[int](r, `SELECT count(*) FROM mappings WHERE claimed_generation = 1`) == 2 })
	var answered runShape
	a := cancel(p, strings.ToUpper(run.ID))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.NoError(t, a.into(&answered))
	require.Equal(t, 2, answered.Counts["pending"], "both were begun")
	r.box.ClearFaults()
	r.eventually("both finish", func() bool { return p.run(run.ID).Counts["connected"] == 2 })
	r.problemOf(cancel(p, run.ID), http.StatusConflict, "run-ended")
	require.Equal(t, http.StatusOK, p.send(http.MethodGet, "/problems/run-ended", nil).status)
}

// An organization with very many unfinished items gets no more accepted, and no other one notices.
func TestUnfinishedItemsAreBounded(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, other := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountShortLived)
	stores, theirs := r.freeStores(sandbox.AccountSmall, 2), r.freeStores(sandbox.AccountShortLived, 1)
	r.exec(`INSERT INTO runs (id, organization_id, actor, request_id, total, pending)
		SELECT gen_random_uuid(), organization_id, 'user', 'made', $1, $1 FROM sessions ORDER BY created_at LIMIT 1`,
		storelink.MaxUnfinishedItems-1)
	items := itemsFor(stores, "K-")
	full := p.send(http.MethodPost, "/api/onboard", map[string]any{"items": items})
	r.problemOf(full, http.StatusTooManyRequests, "too-many-requests")
	require.Equal(t, "60", full.header.Get("Retry-After"))
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM mappings`), "nothing of it is left")
	require.Equal(t, "connected", p.onboard(stores[0], "K-0", "").Items[0].Outcome, "one fits")
	require.Equal(t, "connected", other.onboard(theirs[0], "Q-1", "").Items[0].Outcome)
}

// Requests with one key that come at the same time start one run.
func TestRepeatsAtTheSameTimeAreOneRun(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.freeStores(sandbox.AccountSmall, 1)[0]
	answers := make(chan answer, 8)
	for range cap(answers) {
		go func() {
			a, err := p.call(t.Context(), http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Idempotency-Key", "at-once", "Prefer", "wait=20")
			if err != nil {
				t.Errorf("onboard: %v", err)
			}
			answers <- a
		}()
	}
	var ids []string
	for range cap(answers) {
		a := <-answers
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var run runShape
		require.NoError(t, a.into(&run))
		ids = append(ids, run.ID)
	}
	require.Len(t, slices.Compact(ids), 1)
	require.Equal(t, 1, scalar[int](r, `SELECT count(*) FROM runs`))
	require.Equal(t, 2, r.connectionCalls())
}
