package main

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// startRun asks for stores without waiting for them, and returns the run as it began.
func (p *person) startRun(items ...any) runShape {
	p.r.t.Helper()
	a := p.send(http.MethodPost, "/api/onboard", map[string]any{"items": items}, "Prefer", "respond-async")
	require.Equal(p.r.t, http.StatusAccepted, a.status, "%s", a.body)
	var run runShape
	require.NoError(p.r.t, a.into(&run))
	return run
}

func (p *person) run(id string) runShape {
	p.r.t.Helper()
	var run runShape
	p.get("/api/onboard/"+id, &run)
	return run
}

// known loads the organization's tree, so that storelink knows the stores' names.
func (p *person) known() {
	p.r.t.Helper()
	p.r.eventually("the organization is loaded", func() bool {
		var stores struct{ Loading *struct{ Of int } }
		p.get("/api/stores", &stores)
		return stores.Loading == nil
	})
}

// freeStores are stores of the account that nothing is connected to.
func (r *rig) freeStores(account string, n int) []sandbox.Store {
	r.t.Helper()
	var free []sandbox.Store
	for _, s := range r.box.Stores(account) {
		if _, connected := r.box.Connection(s.StoreID); !connected && len(free) < n {
			free = append(free, s)
		}
	}
	require.Len(r.t, free, n)
	return free
}

func itemsFor(stores []sandbox.Store, prefix string) []any {
	items := make([]any, len(stores))
	for i, s := range stores {
		items[i] = onboardItem(s, map[string]any{"localStoreId": fmt.Sprint(prefix, i)})
	}
	return items
}

// stall keeps every pass from coming further than its first look.
func (r *rig) stall() {
	r.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPattern: "/connection$", Status: http.StatusServiceUnavailable, Times: -1})
}

// told is what a client knows that has seen these events: the newest of each item.
func told(events []event) map[string]itemShape {
	known := map[string]itemShape{}
	for _, e := range events {
		for _, i := range e.run.Items {
			known[i.StoreID] = i
		}
	}
	return known
}

func TestEventsTellOfARunAsItHappens(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	p.known()
	r.stall()
	stores := r.freeStores(sandbox.AccountSmall, 4)
	run := p.startRun(itemsFor(stores, "K-")...)
	f := p.follow("", run.ID)
	require.Equal(t, http.StatusOK, f.status)
	require.Equal(t, "text/event-stream", f.header.Get("Content-Type"))
	require.Equal(t, "no", f.header.Get("X-Accel-Buffering"))
	require.Equal(t, "no-store", f.header.Get("Cache-Control"))
	first, ok := f.next()
	require.True(t, ok)
	require.Equal(t, "1", first.id)
	require.Equal(t, run.ID, first.run.ID)
	require.Len(t, first.run.Items, 4, "at first everything is new")
	require.Equal(t, 4, first.run.Counts["pending"])
	for i, item := range first.run.Items {
		require.Equal(t, stores[i].Name, item.StoreName)
		require.Equal(t, stores[i].BrandName, item.BrandName)
	}
	r.eventually("the run waits for upstream", func() bool { return p.run(run.ID).State == "waiting" })
	waits, ok := f.next()
	require.True(t, ok)
	require.Equal(t, "waiting", waits.run.State, "told though no item has changed")
	require.Equal(t, "upstream", *waits.run.WaitingFor)
	require.NotNil(t, waits.run.WaitingSince)
	require.Empty(t, waits.run.Items)
	r.box.ClearFaults()

	rest := f.rest()
	last := rest[len(rest)-1]
	require.Equal(t, "done", last.run.State)
	require.Equal(t, 4, last.run.Counts["connected"])
	for _, item := range p.run(run.ID).Items {
		require.Equal(t, item, told(rest)[item.StoreID])
	}
	version := 0
	seen := 0
	for _, e := range rest {
		id, err := strconv.Atoi(e.id)
		require.NoError(t, err)
		require.GreaterOrEqual(t, id, version)
		version, seen = id, seen+len(e.run.Items)
	}
	require.Equal(t, 4, seen, "each item once")
}

// Whoever comes back with the id of the last event that they saw gets exactly what they missed, on any replica.
func TestEventsGoOnAtAnotherReplica(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	other, _ := r.replica()
	r.stall()
	stores := r.freeStores(sandbox.AccountSmall, 4)
	run := p.startRun(itemsFor(stores, "K-")...)
	f := p.follow("", run.ID)
	first, _ := f.next()
	f.leave()
	newer := p.startRun(onboardItem(stores[2], map[string]any{"localStoreId": "L-2"})) // supersedes one item
	g := p.follow(other, run.ID, "Last-Event-ID", first.id)
	missed, ok := g.next()
	require.True(t, ok)
	require.Len(t, missed.run.Items, 1)
	require.Equal(t, stores[2].StoreID, missed.run.Items[0].StoreID)
	require.Equal(t, "superseded", *missed.run.Items[0].Outcome)
	require.Equal(t, 3, missed.run.Counts["pending"])
	g.leave()
	r.box.ClearFaults()
	for _, id := range []string{run.ID, newer.ID} {
		r.eventually("it ends", func() bool { return p.run(id).State == "done" })
	}
	for _, replica := range []string{"", other} {
		all := p.follow(replica, run.ID, "Last-Event-ID", missed.id).rest()
		require.Len(t, all, 1)
		require.Len(t, all[0].run.Items, 3)
		require.Equal(t, "done", all[0].run.State)
		require.NotContains(t, told(all), stores[2].StoreID)
		require.Len(t, p.follow(replica, run.ID).rest()[0].run.Items, 4)
		require.Len(t, p.follow(replica, run.ID, "Last-Event-ID", "0").rest()[0].run.Items, 4)
		again := p.follow(replica, run.ID, "Last-Event-ID", all[0].id)
		require.Equal(t, http.StatusNoContent, again.status, "an EventSource does not come again")
		require.Empty(t, again.rest())
	}
	head := p.send(http.MethodHead, "/api/onboard/"+run.ID+"/events", nil)
	require.Equal(t, http.StatusOK, head.status)
	require.Empty(t, head.body)
}

// Changes that another replica makes are told at once, not at the next look.
func TestEventsOfAnotherReplicasWork(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	other, _ := r.replica()
	r.stall()
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountSmall, 3), "K-")...)
	here, there := p.follow("", run.ID), p.follow(other, run.ID)
	r.box.ClearFaults()
	one, two := here.rest(), there.rest()
	require.Equal(t, told(one), told(two))
	require.Equal(t, one[len(one)-1].run.Counts, two[len(two)-1].run.Counts)
}

func TestBadEventIDsAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountSmall, 1), "K-")...)
	r.eventually("it ends", func() bool { return p.run(run.ID).State == "done" })
	var calls []badCall
	for _, id := range []string{"", " ", "x", "-1", "+1", "01", "1.0", "1e3", "0x1", "3", "999", "9223372036854775807",
		"9223372036854775808", "99999999999999999999", "1,2", "1 2", "null", "\"1\"", "1\t", "ü", "../1"} {
		if id == "1\t" {
			continue // net/http takes white space off the ends of a header's value
		}
		calls = append(calls, badCall{name: fmt.Sprintf("Last-Event-ID %q", id), method: http.MethodGet, path: "/api/onboard/" + run.ID + "/events",
			headers: []string{"Last-Event-ID", id}, status: http.StatusBadRequest, slug: "invalid-request", places: []string{"Last-Event-ID"}})
	}
	calls = append(calls, badCall{name: "two ids", method: http.MethodGet, path: "/api/onboard/" + run.ID + "/events",
		headers: []string{"Last-Event-ID", "1", "Last-Event-ID", "2"}, status: http.StatusBadRequest, slug: "invalid-request", places: []string{"Last-Event-ID"}})
	r.refuse(p, calls)
}

// One organization has a bound of its own; a stream that ends makes room.
func TestStreamsAreBoundedByOrganization(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, q := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountShortLived)
	r.stall()
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountSmall, 1), "K-")...)
	theirs := q.startRun(itemsFor(r.freeStores(sandbox.AccountShortLived, 1), "Q-")...)
	var open []*follower
	for range 20 {
		f := p.follow("", run.ID)
		require.Equal(t, http.StatusOK, f.status)
		open = append(open, f)
	}
	full := p.send(http.MethodGet, "/api/onboard/"+run.ID+"/events", nil)
	r.problemOf(full, http.StatusTooManyRequests, "too-many-requests")
	require.NotEmpty(t, full.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, q.follow("", theirs.ID).status, "another organization has room")
	open[7].leave()
	r.eventually("a stream that ended makes room", func() bool { return p.follow("", run.ID).status == http.StatusOK })
}

func TestALogoutEndsStreams(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, colleague := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountSmall)
	r.stall()
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountSmall, 1), "K-")...)
	other, _ := r.replica()
	mine, there, theirs := p.follow("", run.ID), p.follow(other, run.ID), colleague.follow("", run.ID)
	for _, f := range []*follower{mine, there, theirs} {
		_, ok := f.next()
		require.True(t, ok)
	}
	require.Equal(t, http.StatusNoContent, p.send(http.MethodPost, "/auth/logout", nil).status)
	mine.rest()
	there.rest()
	r.box.ClearFaults()
	rest := theirs.rest()
	require.Equal(t, "done", rest[len(rest)-1].run.State, "the colleague's goes on")
}

// A stream outlives no shutdown, and holds none up.
func TestStoppingEndsStreams(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	r.stall()
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountSmall, 1), "K-")...)
	other, stop := r.replica()
	f := p.follow(other, run.ID)
	first, ok := f.next()
	require.True(t, ok)
	began := time.Now()
	stop()
	require.Less(t, time.Since(began), 10*time.Second)
	f.rest()
	r.box.ClearFaults()
	rest := p.follow("", run.ID, "Last-Event-ID", first.id).rest()
	require.Equal(t, "done", rest[len(rest)-1].run.State)
}
