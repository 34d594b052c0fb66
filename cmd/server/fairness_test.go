package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// Row 8: whoever sends junk codes from one address uses up the token endpoint's minute, and no more of the next one: a
// sign-in from another address has its turn as soon as there is one.
func TestJunkCallbacksLeaveSignInUsable(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{tokenPerMinute: 3, settings: func(s *config.Settings) { s.TrustedProxies = "127.0.0.1/32" }})
	from := func(address string) *person {
		p := r.visitor()
		p.client.Transport = forwarding{"X-Forwarded-For": address}
		return p
	}
	for range 8 {
		junk := from("198.51.100.1")
		query := junk.consented(sandbox.AccountSmall, "/stores").Query()
		junk.arrives(url.Values{"state": query["state"], "code": {"junk"}}.Encode())
	}
	b := from("198.51.100.2")
	end, err := b.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(end, "/auth/wait"), end)

	r.exec(`UPDATE token_budgets SET sent = ARRAY(SELECT storelink_now() - interval '61 seconds' FROM unnest(sent))`)
	a, err := b.navigate(t.Context(), http.MethodGet, b.origin+"/auth/wait", nil)
	require.NoError(t, err)
	require.Equal(t, "/stores", a.header.Get("Location"), "%s", a.body)
	require.True(t, b.isSignedIn())
}

// Row 38: A has a long run and reads in a loop; B's click ends while A's run goes on, and upstream never says 429.
func TestOneOrganizationDoesNotStarveAnother(t *testing.T) {
	t.Parallel()
	const rate, items = 20, 100
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.UpstreamRate = rate }})
	require.NoError(t, r.box.SetSettings(sandbox.Settings{RatePerSecond: rate}))
	a, b := r.signedIn(sandbox.AccountLarge), r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountLarge)[:items]
	wants := make([]want, items)
	for i, s := range stores {
		wants[i] = want{s, "K-" + s.StoreID, ""}
	}
	id := a.begin(wants...)
	stop := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = a.call(t.Context(), http.MethodGet, connectionPath(stores[0]), nil)
			}
		}
	})
	run := b.onboard(r.box.Stores(sandbox.AccountSmall)[0], "B-1", "")
	left := a.view(id).Counts["pending"]
	close(stop)
	loop.Wait()
	require.Equal(t, "connected", run.Items[0].Outcome, "%+v", run)
	require.Positive(t, left, "the click did not wait for the run")
	for _, call := range r.box.Calls() {
		require.NotEqual(t, http.StatusTooManyRequests, call.Status, call.Path)
	}
}
