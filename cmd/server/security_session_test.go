package main

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// consented begins a sign-in, consents with the account, and returns the address that upstream sends the browser to.
func (p *person) consented(account, returnTo string) *url.URL {
	p.r.t.Helper()
	ctx := p.r.t.Context()
	at := p.origin + "/auth/login?return_to=" + url.QueryEscape(returnTo)
	page, err := p.navigate(ctx, http.MethodGet, at, nil)
	for ; err == nil && page.header.Get("Location") != ""; page, err = p.navigate(ctx, http.MethodGet, at, nil) {
		at, err = resolve(at, page.header.Get("Location"))
		require.NoError(p.r.t, err)
	}
	require.NoError(p.r.t, err)
	sent, err := p.consent(ctx, at, page, account, "allow")
	require.NoError(p.r.t, err)
	back, err := url.Parse(sent.header.Get("Location"))
	require.NoError(p.r.t, err)
	require.Equal(p.r.t, "/auth/callback", back.Path)
	return back
}

// arrives comes back from upstream with the query and returns where it is sent on to: always by 303, and never with
// anything of the query in the address.
func (p *person) arrives(query string) string {
	p.r.t.Helper()
	a, err := p.navigate(p.r.t.Context(), http.MethodGet, p.origin+"/auth/callback?"+query, nil)
	require.NoError(p.r.t, err)
	require.Equal(p.r.t, http.StatusSeeOther, a.status, "%s: %s", query, a.body)
	to := a.header.Get("Location")
	given, _ := url.ParseQuery(query)
	for name, values := range given {
		for _, value := range values {
			if name != "error" && value != "" {
				require.NotContains(p.r.t, to, value, "%s of %s", name, query)
			}
		}
	}
	require.NotContains(p.r.t, to, "code=")
	require.NotContains(p.r.t, to, "state=")
	return to
}

func (p *person) isSignedIn() bool {
	p.r.t.Helper()
	var session struct{ SignedIn bool }
	p.get("/api/session", &session)
	return session.SignedIn
}

// Whatever comes to the callback while somebody is signed in, unless it belongs to a sign-in that this browser began, is
// led to the page with a reason, asks nothing upstream, and the session lives on.
func TestACallbackThatIsNotOursChangesNothing(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, other := r.signedIn(sandbox.AccountSmall), r.visitor()
	ours, theirs := p.consented(sandbox.AccountSmall, "/here").Query(), other.consented(sandbox.AccountSmall, "/there").Query()
	code, state := ours.Get("code"), ours.Get("state")
	query := func(pairs ...string) string {
		var parts []string
		for i := 0; i+1 < len(pairs); i += 2 {
			parts = append(parts, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
		}
		return strings.Join(parts, "&")
	}
	r.untouched(func() {
		for name, sent := range map[string]string{
			"nothing":               "",
			"no state":              query("code", code),
			"an empty state":        query("code", code, "state", ""),
			"a wrong state":         query("code", code, "state", rand.Text()+rand.Text()),
			"another browser's":     query("code", theirs.Get("code"), "state", theirs.Get("state")),
			"code twice":            query("code", code, "code", code, "state", state),
			"state twice":           query("code", code, "state", state, "state", state),
			"an error alone":        query("error", "access_denied", "error_description", canary),
			"an error that tells":   query("error", canary, "error_description", "<b>"+canary+"</b>", "error_uri", "https://evil.example"),
			"an error without ours": query("error", "access_denied", "state", theirs.Get("state")),
		} {
			to := p.arrives(sent)
			require.Contains(t, []string{"/?error=sign-in-invalid", "/?error=sign-in-expired"}, to, name)
			require.True(t, p.isSignedIn(), name)
		}
	})
	require.Equal(t, "/here", p.arrives(ours.Encode()), "none of them used up the state")
	require.Contains(t, p.arrives(ours.Encode()), "/?error=sign-in-", "it serves once")
	require.True(t, p.isSignedIn())
}

// The callback answers 303 without code and state however the sign-in ends, also where the token endpoint's budget is
// used up and where the service itself is in trouble.
func TestTheCallbackAlwaysLeadsOn(t *testing.T) {
	r := newRig(t, rigOptions{tokenPerMinute: 3})
	require.Equal(t, "/stores", r.visitor().arriveWith(r, "/stores"))
	r.box.Inject(sandbox.Fault{PathPattern: "/token$", Status: http.StatusBadGateway})
	require.Equal(t, "/?error=sign-in-failed&return_to=%2Fstores", r.visitor().arriveWith(r, "/stores"))
	r.box.ClearFaults()

	p := r.visitor()
	require.Equal(t, "/auth/wait", p.arriveWith(r, "/stores"), "of three token calls one is kept for refreshes")
	waiting := p.ask(http.MethodGet, r.public+"/auth/wait")
	require.Equal(t, http.StatusOK, waiting.status)
	require.NotContains(t, waiting.header.Get("Refresh"), "code=")

	back := p.consented(sandbox.AccountSmall, "/stores").Query()
	r.exec(`ALTER TABLE signins RENAME TO lost_signins`)
	require.Equal(t, "/?error=sign-in-failed", p.arrives(back.Encode()))
}

func (p *person) arriveWith(r *rig, returnTo string) string {
	r.t.Helper()
	return p.arrives(p.consented(sandbox.AccountSmall, returnTo).Query().Encode())
}

// A sign-in begins only where it may end on our own pages or on a trusted origin.
func TestReturnToReachesNoOtherSite(t *testing.T) {
	const trusted = "https://pos.example.com"
	r := newRig(t, rigOptions{settings: func(s *config.Settings) {
		s.PublicURL, s.TrustedOrigins = "https://stores.example.com", trusted
	}})
	p := r.behindTLS()()
	r.untouched(func() {
		for _, to := range []string{
			"//e", `/\e`, "%09//e", "\t//e", "/\t/e", "https://e", "https://pos.example.com@e/", "https://e@pos.example.com/",
			"https://pos.example.com:444/", "http://pos.example.com/", "https://pos.example.com.e/", "javascript:alert(1)",
		} {
			a := p.ask(http.MethodGet, r.public+"/auth/login?return_to="+url.QueryEscape(to))
			found := r.problemOf(a, http.StatusBadRequest, "invalid-request")
			require.Equal(t, "return_to", found.Errors[0].Pointer, to)
			require.Empty(t, a.header.Get("Location"), to)
			require.Empty(t, a.header.Values("Set-Cookie"), to)
		}
	})
	require.Equal(t, trusted+"/after", p.arriveWith(r, trusted+"/after"))
}

// A sign-in takes up no session that the browser was given beforehand, and ends the one that it replaces.
func TestASignInStartsAFreshSession(t *testing.T) {
	r := newRig(t, rigOptions{})
	public, err := url.Parse(r.public)
	require.NoError(t, err)
	with := func(cookie string) answer {
		return r.request(http.MethodGet, r.public+"/api/organization", nil, "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
	}
	planted := "__Host-storelink=" + strings.Repeat("A", 43)
	p := r.visitor()
	p.SetCookies(public, []*http.Cookie{{Name: "__Host-storelink", Value: strings.Repeat("A", 43)}})
	require.Equal(t, "/stores", p.arriveWith(r, "/stores"))
	first := p.cookie()
	require.NotContains(t, first, planted)
	r.problemOf(with(planted), http.StatusUnauthorized, "not-signed-in")
	require.Equal(t, http.StatusOK, with(first).status)

	require.Equal(t, "/stores", p.arriveWith(r, "/stores"))
	require.NotEqual(t, first, p.cookie())
	r.problemOf(with(first), http.StatusUnauthorized, "not-signed-in")
	require.Equal(t, http.StatusOK, with(p.cookie()).status)
}

// cookieWatch keeps every Set-Cookie that goes by.
type cookieWatch struct {
	mu   sync.Mutex
	seen []*http.Cookie
}

// RoundTrip implements http.RoundTripper.
func (w *cookieWatch) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && !strings.HasPrefix(req.URL.Path, "/v1/auth/") {
		w.mu.Lock()
		w.seen = append(w.seen, resp.Cookies()...)
		w.mu.Unlock()
	}
	return resp, err
}

// Every cookie of either listener is bound to its host, out of reach of scripts and of other sites, and ends.
func TestCookiesAreBound(t *testing.T) {
	r := newRig(t, rigOptions{})
	watch := &cookieWatch{}
	visitor := func() *person {
		p := r.visitor()
		p.client.Transport = watch
		return p
	}
	refused := visitor()
	_, err := refused.signIn(t.Context(), sandbox.AccountSmall, "deny", "/stores")
	require.NoError(t, err)
	p := visitor()
	_, err = p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	for _, o := range r.routes() {
		if o.id != "signOut" {
			p.ask(o.method, o.address, append(r.credentials(p, o.internal), "Sec-Fetch-Site", "same-origin")...)
			p.ask(o.method, o.address)
		}
	}
	require.Equal(t, http.StatusNoContent, p.send(http.MethodPost, "/auth/logout", nil).status)

	kinds := map[string]struct {
		sameSite http.SameSite
		lasts    time.Duration
	}{
		"__Host-storelink":         {http.SameSiteStrictMode, r.settings.SessionMax},
		"__Host-storelink-signin":  {http.SameSiteLaxMode, 10 * time.Minute},
		"__Host-storelink-connect": {http.SameSiteStrictMode, storelink.ConnectPatience},
		"__Host-storelink-admin":   {http.SameSiteStrictMode, 8 * time.Hour},
	}
	given, ended := map[string]int{}, map[string]int{}
	for _, c := range watch.seen {
		kind, known := kinds[c.Name]
		require.True(t, known, "a cookie that is not known: %s", c.Name)
		require.True(t, c.Secure, c.Raw)
		require.True(t, c.HttpOnly, c.Raw)
		require.Equal(t, "/", c.Path, c.Raw)
		require.Empty(t, c.Domain, c.Raw)
		require.Equal(t, kind.sameSite, c.SameSite, c.Raw)
		if c.MaxAge < 0 {
			require.Empty(t, c.Value, c.Raw)
			ended[c.Name]++
			continue
		}
		require.GreaterOrEqual(t, len(c.Value), 43, "at least 256 bits")
		require.NotZero(t, c.MaxAge, c.Raw)
		require.LessOrEqual(t, time.Duration(c.MaxAge)*time.Second, kind.lasts, c.Raw)
		given[c.Name]++
	}
	for _, name := range []string{"__Host-storelink", "__Host-storelink-signin"} {
		require.NotZero(t, given[name], name)
		require.NotZero(t, ended[name], name)
	}
}

// Signing out ends the session in the database: a cookie that was kept opens nothing afterwards.
func TestASignedOutCookieOpensNothing(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	kept := p.cookie()
	a := p.send(http.MethodPost, "/auth/logout", nil)
	require.Equal(t, http.StatusNoContent, a.status)
	require.Contains(t, a.header.Get("Clear-Site-Data"), `"storage"`)
	require.Empty(t, p.cookie())
	r.untouched(func() {
		for _, o := range r.routes() {
			if o.internal || !strings.HasPrefix(o.pattern, "/api/") || o.id == "getSession" {
				continue
			}
			replayed := r.request(o.method, o.address, nil, "Cookie", kept, "Sec-Fetch-Site", "same-origin")
			r.problemOf(replayed, http.StatusUnauthorized, "not-signed-in")
		}
	})
	again := r.request(http.MethodPost, r.public+"/auth/logout", nil, "Cookie", kept, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusNoContent, again.status, "signing out twice is no error")
}

// A session that was not used for long, or that is old, ends whatever the browser keeps.
func TestSessionLimitsEndSessions(t *testing.T) {
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.SessionIdle, s.SessionMax = time.Minute, time.Hour }})
	for limit, sql := range map[string]string{
		"idle":     `UPDATE sessions SET seen_at = storelink_now() - interval '61 seconds'`,
		"absolute": `UPDATE sessions SET created_at = storelink_now() - interval '61 minutes', seen_at = storelink_now()`,
	} {
		p := r.signedIn(sandbox.AccountSmall)
		require.True(t, p.isSignedIn(), limit)
		r.exec(sql)
		require.False(t, p.isSignedIn(), limit)
		r.problemOf(p.send(http.MethodGet, "/api/organization", nil), http.StatusUnauthorized, "not-signed-in")
	}
}

// A request that was let in writes nothing where its session ends, or changes organization, before the write commits.
func TestNoWriteCommitsAfterItsSessionEnded(t *testing.T) {
	ends := map[string]string{
		"ended":                `UPDATE sessions SET ended_at = storelink_now() WHERE ended_at IS NULL`,
		"deleted":              `DELETE FROM sessions`,
		"another organization": `UPDATE sessions s SET organization_id = o.id FROM organizations o WHERE o.id <> s.organization_id`,
	}
	writes := map[string]func(p *person, s sandbox.Store) (answer, error){
		"onboard": func(p *person, s sandbox.Store) (answer, error) {
			return p.call(t.Context(), http.MethodPost, "/api/onboard", ask(s, "K-1", ""))
		},
		"disconnect": func(p *person, s sandbox.Store) (answer, error) {
			return p.call(t.Context(), http.MethodDelete, connectionPath(s), nil)
		},
	}
	type outcome struct {
		answer
		err error
	}
	for what, end := range ends {
		for name, write := range writes {
			t.Run(what+", "+name, func(t *testing.T) {
				r := newRig(t, rigOptions{})
				r.signedIn(sandbox.AccountLarge)
				p, store := r.signedIn(sandbox.AccountSmall), r.box.Stores(sandbox.AccountSmall)[0]
				r.box.ResetCalls()
				tx, err := r.sql.Begin(t.Context())
				require.NoError(t, err)
				defer func() { _ = tx.Rollback(t.Context()) }()
				_, err = tx.Exec(t.Context(), end)
				require.NoError(t, err)
				done := make(chan outcome, 1)
				go func() {
					a, err := write(p, store)
					done <- outcome{a, err}
				}()
				r.eventually("the write waits for its session", func() bool {
					return scalar[int](r, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
				})
				require.NoError(t, tx.Commit(t.Context()))
				o := <-done
				require.NoError(t, o.err)
				r.problemOf(o.answer, http.StatusUnauthorized, "not-signed-in")
				require.Zero(t, scalar[int](r, `SELECT count(*) FROM mappings`)+scalar[int](r, `SELECT count(*) FROM runs`))
				require.Zero(t, r.connectionCalls())
			})
		}
	}
}

// What belongs to another organization is not there, by whichever route it is asked for.
func TestAnotherOrganizationSeesNothing(t *testing.T) {
	r := newRig(t, rigOptions{})
	p, other := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountLarge)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	run := p.onboard(store, "K-1", "")
	asked := 0
	for _, o := range r.routes() {
		if o.internal || !pathParameter.MatchString(o.pattern) || o.pattern == "/problems/{slug}" || o.id == "disconnectStore" {
			continue
		}
		asked++
		path := strings.TrimPrefix(strings.ReplaceAll(o.address, "01890000-0000-7000-8000-000000000000", run.ID), r.public)
		r.problemOf(other.send(o.method, path, nil), http.StatusNotFound, "not-found")
		if !o.changes() && !strings.HasSuffix(path, "/events") {
			require.Equal(t, http.StatusOK, p.send(o.method, path, nil).status, "%s", o)
		}
	}
	require.GreaterOrEqual(t, asked, 6)
	var runs struct{ Items []struct{ ID string } }
	other.get("/api/onboard", &runs)
	require.Empty(t, runs.Items)

	failed := other.onboard(store, "K-9", "K-1").Items[0]
	require.Equal(t, "failed", failed.Outcome)
	require.Equal(t, http.StatusNoContent, other.send(http.MethodDelete, connectionPath(store), nil).status, "there is none that it could see")
	taken := other.send(http.MethodPost, "/api/onboard", ask(r.box.Stores(sandbox.AccountLarge)[0], "K-1", ""))
	found := r.problemOf(taken, http.StatusConflict, "local-store-id-taken")
	require.Len(t, found.Errors, 1)
	require.NotContains(t, string(taken.body), store.StoreID, "whose it is stays unsaid")
	require.Equal(t, "is used by another store", found.Errors[0].Detail)
	connected, _ := r.box.Connection(store.StoreID)
	require.Equal(t, "K-1", connected)
}

// The organization's work is bounded, and so is what one person of it may have under way.
func TestUnfinishedWorkIsBounded(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.box.Stores(sandbox.AccountSmall)
	r.exec(`INSERT INTO runs (id, organization_id, actor, request_id, total, pending)
		SELECT gen_random_uuid(), organization_id, 'user', '', 50000, 50000 FROM sessions LIMIT 1`)
	r.untouched(func() {
		a := p.send(http.MethodPost, "/api/onboard", ask(stores[0], "K-1", ""))
		r.problemOf(a, http.StatusTooManyRequests, "too-many-requests")
		require.NotEmpty(t, a.header.Get("Retry-After"))
	})
	r.exec(`UPDATE runs SET total = 49999, pending = 49999`)
	require.Equal(t, "connected", p.onboard(stores[0], "K-1", "").Items[0].Outcome)
}

// A redirect of upstream's is never followed: neither the client's secret nor a token goes to where it points.
func TestRedirectsOfUpstreamAreNotFollowed(t *testing.T) {
	var mu sync.Mutex
	seen := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen++
	}))
	defer elsewhere.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/taken", http.StatusTemporaryRedirect))
	defer redirecting.Close()
	var tree *url.URL
	r := newRig(t, rigOptions{settings: func(s *config.Settings) {
		var err error
		tree, err = url.Parse(s.UpstreamURL)
		require.NoError(t, err)
		s.CacheTTL = 0
	}})
	require.NotEmpty(t, tree.Host)
	p := r.signedIn(sandbox.AccountSmall)
	r.service.stop()
	r.settings.PublicURL, r.settings.UpstreamURL, r.settings.TokenURL = "", redirecting.URL, redirecting.URL+"/v1/auth/token"
	r.settings.AuthorizeURL = tree.String() + "/v1/auth/oauth2/authorize"
	r.start(100)
	p.origin = r.public
	for _, o := range r.routes() {
		if strings.HasPrefix(o.pattern, "/api/") && !o.changes() {
			p.ask(o.method, o.address, "Sec-Fetch-Site", "same-origin")
		}
	}
	r.problemOf(p.send(http.MethodGet, "/api/organization", nil), http.StatusBadGateway, "upstream-unavailable")
	require.Contains(t, p.arriveWith(r, "/stores"), "/?error=sign-in-failed")
	mu.Lock()
	defer mu.Unlock()
	require.Zero(t, seen)
}
