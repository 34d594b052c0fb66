package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// The database dies in the middle of passes: what is asked meanwhile is refused before anything is sent, nothing is sent
// that was not written down, and the passes go on when it is back.
func TestFaultPostgresIsKilledDuringAPass(t *testing.T) {
	t.Parallel()
	g := &gate{}
	postgres := newMortalPostgres(t)
	r := newRig(t, rigOptions{settings: shortTimeout, upstream: g.in, database: postgres.url})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	looking, dark, other := stores[0], stores[1], stores[3]
	r.connectByHand(looking, "OLD-0")
	r.connectByHand(dark, "OLD-1")
	held := []*hold{g.after(t, http.MethodGet, looking), g.after(t, http.MethodDelete, dark)}
	id := p.begin(want{looking, "NEW-0", "OLD-0"}, want{dark, "NEW-1", "OLD-1"})
	for _, h := range held {
		h.wait()
	}
	postgres.kill()
	for _, h := range held {
		h.release()
	}
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/api/onboard", ask(other, "NEW-3", "")},
		{http.MethodDelete, connectionPath(other), nil},
		{http.MethodGet, "/api/onboard/" + id, nil},
	} {
		r.problemOf(p.send(call.method, call.path, call.body), http.StatusServiceUnavailable, "database-unavailable")
	}
	require.Equal(t, http.StatusServiceUnavailable, r.admin("", http.MethodGet, "/readyz").status)
	require.Equal(t, http.StatusOK, r.admin("", http.MethodGet, "/healthz").status)
	require.Empty(t, r.callsOf(other))
	require.Zero(t, r.writesOf(looking), "the DELETE could not be written down")
	require.Equal(t, []string{"GET", "DELETE"}, r.callsOf(dark), "the POST could not be written down")

	postgres.start()
	run := p.ended(id)
	require.Equal(t, 2, run.Counts["replaced"], "%+v", run.Items)
	r.atRest(looking, "NEW-0")
	r.atRest(dark, "NEW-1")
	require.Equal(t, "connected", p.asked(other, "NEW-3", "").Outcome)
}
