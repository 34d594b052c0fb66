package main

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// Where ids are opened by connect sessions alone, a session without one connects nothing, by no way in.
func TestForbiddenLocalIDsAreRefusedOnEveryWayIn(t *testing.T) {
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.LocalIDs = "session" }})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	r.untouched(func() {
		for range 2 { // a retry is a new one
			for _, try := range []answer{
				p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Idempotency-Key", "once"),
				p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", sandbox.LegacyLocalID)),
				p.send(http.MethodPost, "/api/onboard/preview", ask(store, "K-1", "")),
				p.send(http.MethodDelete, connectionPath(store), nil),
				p.send(http.MethodDelete, connectionPath(store), nil, "If-Match", `"K-1"`),
			} {
				r.problemOf(try, http.StatusForbidden, "local-store-id-not-allowed")
			}
		}
	})
	var session struct{ LocalStoreIDs []string }
	p.get("/api/session", &session)
	require.NotNil(t, session.LocalStoreIDs)
	require.Empty(t, session.LocalStoreIDs)
}

// An idempotency key belongs to one organization, one body and what the session may do.
func TestIdempotencyKeysAreBound(t *testing.T) {
	r := newRig(t, rigOptions{})
	small, other := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountShortLived)
	store, theirs := r.box.Stores(sandbox.AccountSmall)[0], r.box.Stores(sandbox.AccountShortLived)[0]
	const key = "the-same-key"
	start := func(p *person, body any) answer {
		return p.send(http.MethodPost, "/api/onboard", body, "Idempotency-Key", key, "Prefer", "wait=20")
	}
	idOf := func(a answer) string {
		t.Helper()
		var run demoRun
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.NoError(t, a.into(&run))
		return run.ID
	}
	first := idOf(start(small, ask(store, "K-1", "")))
	require.Equal(t, first, idOf(start(small, ask(store, "K-1", ""))))
	again := ask(store, "K-1", "")
	again["items"].([]any)[0].(map[string]any)["storeId"] = strings.ToUpper(store.StoreID)
	require.Equal(t, first, idOf(start(small, again)), "another spelling is the same request")

	second := idOf(start(other, ask(theirs, "K-2", "")))
	require.NotEqual(t, first, second, "another organization's key is another key")
	r.problemOf(other.send(http.MethodGet, "/api/onboard/"+first, nil), http.StatusNotFound, "not-found")

	r.untouched(func() {
		r.problemOf(start(small, ask(store, "K-3", "")), http.StatusUnprocessableEntity, "idempotency-key-reused")
		r.problemOf(start(small, ask(store, "K-1", "K-0")), http.StatusUnprocessableEntity, "idempotency-key-reused")
		preview := small.send(http.MethodPost, "/api/onboard/preview", map[string]any{"items": []any{}}, "Idempotency-Key", key)
		r.problemOf(preview, http.StatusBadRequest, "invalid-request")
	})
	// A colleague of the organization who may only look does not get the manager's run by its key.
	r.problemOf(start(r.signedIn(sandbox.AccountReadOnly), ask(store, "K-1", "")), http.StatusForbidden, "scope-missing")
	r.service.stop()
	r.settings.LocalIDs, r.settings.PublicURL = "session", ""
	r.start(100)
	small.origin = r.public
	r.problemOf(start(small, ask(store, "K-1", "")), http.StatusForbidden, "local-store-id-not-allowed")
}

// Every route that changes something wants proof that the request comes from our own page, and JSON.
func TestUnsafeCallsNeedProofOfOriginAndJSON(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	crossSite := map[string][]string{
		"cross-site":        {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"same-site":         {"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:1"},
		"nothing":           {},
		"another origin":    {"Origin", "https://evil.example"},
		"opaque origin":     {"Origin", "null"},
		"an empty origin":   {"Origin", ""},
		"an unknown site":   {"Sec-Fetch-Site", "elsewhere"},
		"another port":      {"Origin", "http://localhost:1"},
		"origin as suffix":  {"Origin", r.public + ".evil.example"},
		"a forwarded host":  {"Origin", "https://evil.example", "X-Forwarded-Host", "evil.example"},
		"a method override": {"Sec-Fetch-Site", "cross-site", "X-HTTP-Method-Override", "GET"},
	}
	types := []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/json, text/plain"}
	body := `{"items":[]}`
	r.untouched(func() {
		for _, o := range r.routes() {
			if !o.changes() {
				continue
			}
			for name, headers := range crossSite {
				headers = slices.Concat(r.credentials(p, o.internal), []string{"Content-Type", "application/json"}, headers)
				a := r.request(o.method, o.address, strings.NewReader(body), headers...)
				require.Equal(t, http.StatusForbidden, a.status, "%s, %s: %s", o, name, a.body)
				r.problemOf(a, http.StatusForbidden, "cross-site-request")
			}
			for _, kind := range types {
				if o.id == "receiveWebhook" {
					continue // its proof is a signature over whatever bytes came
				}
				headers := append(r.credentials(p, o.internal), "Sec-Fetch-Site", "same-origin", "Content-Type", kind)
				a := r.request(o.method, o.address, strings.NewReader(body), headers...)
				require.Equal(t, http.StatusUnsupportedMediaType, a.status, "%s, %s: %s", o, kind, a.body)
				r.problemOf(a, http.StatusUnsupportedMediaType, "unsupported-media-type")
			}
		}
	})
	p.get("/api/organization", &struct{}{})
}

// Reads of the API with a cookie that another site made the browser send are refused before anything is asked.
func TestCrossSiteReadsAreRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	elsewhere := [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
	}
	r.untouched(func() {
		for _, o := range r.routes() {
			if o.changes() || !strings.HasPrefix(o.pattern, "/api/") && !strings.HasPrefix(o.pattern, "/admin/") {
				continue
			}
			for _, headers := range elsewhere {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					a := r.request(method, o.address, nil, slices.Concat(r.credentials(p, o.internal), headers)...)
					require.Equal(t, http.StatusForbidden, a.status, "%s, %v: %s", o, headers, a.body)
				}
			}
		}
	})
	for _, site := range []string{"same-origin", "none"} {
		a := r.request(http.MethodGet, r.public+"/api/organization", nil, "Cookie", p.cookie(), "Sec-Fetch-Site", site)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", site, a.body)
	}
	a := r.request(http.MethodGet, r.public+"/api/session", nil, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusOK, a.status, "without a cookie there is nothing to protect")
}

// Only exactly the trusted origins may read answers with a cookie, and only of the API and the sign-out.
func TestCORSKnowsExactOriginsAndPaths(t *testing.T) {
	const trusted = "https://pos.example.com"
	r := newRig(t, rigOptions{settings: func(s *config.Settings) {
		s.PublicURL, s.TrustedOrigins = "https://stores.example.com", trusted
	}})
	p := r.behindTLS()()
	_, err := p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)

	preflight := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type", "Sec-Fetch-Site", "same-site"}
	granted := func(a answer) string { return a.header.Get("Access-Control-Allow-Origin") }
	for _, o := range r.routes() {
		if o.internal {
			continue
		}
		open := strings.HasPrefix(o.pattern, "/api/") || o.pattern == "/auth/logout"
		a := p.ask(http.MethodOptions, o.address, append(preflight, "Origin", trusted)...)
		if !open {
			require.Empty(t, granted(a), "%s", o)
			continue
		}
		require.Equal(t, http.StatusNoContent, a.status, "%s", o)
		require.Equal(t, trusted, granted(a), "%s", o)
		require.Equal(t, "true", a.header.Get("Access-Control-Allow-Credentials"))
		require.Contains(t, a.header.Values("Vary"), "Origin")
	}

	a := p.ask(http.MethodGet, r.public+"/api/organization", "Origin", trusted, "Sec-Fetch-Site", "same-site")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, trusted, granted(a))
	a = p.ask(http.MethodPost, r.public+"/auth/logout", "Origin", trusted+".evil.example", "Sec-Fetch-Site", "cross-site")
	r.problemOf(a, http.StatusForbidden, "cross-site-request")

	r.untouched(func() {
		for _, origin := range []string{
			"null", "https://pos.example.com.evil.example", "https://evilpos.example.com", "http://pos.example.com",
			"https://pos.example.com:444", "https://pos.example.com/", "https://POS.example.com", "https://example.com", "*",
		} {
			for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
				a := p.ask(method, r.public+"/api/onboard", append(preflight, "Origin", origin)...)
				require.Empty(t, granted(a), "%s %s", method, origin)
				require.Empty(t, a.header.Get("Access-Control-Allow-Credentials"), "%s %s", method, origin)
				require.Contains(t, a.header.Values("Vary"), "Origin", "%s %s", method, origin)
				require.GreaterOrEqual(t, a.status, 400, "%s %s", method, origin)
			}
		}
	})
	a = p.ask(http.MethodPost, r.public+"/auth/logout", "Origin", trusted, "Sec-Fetch-Site", "same-site")
	require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
}

// A name that somebody points at this address reaches nothing that counts cookies, whatever Origin it comes with.
func TestAnUnknownHostIsRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	public, err := url.Parse(r.public)
	require.NoError(t, err)
	r.untouched(func() {
		for _, host := range []string{"evil.example", "evil.example:" + public.Port(), "127.0.0.1:" + public.Port(), "localhost", "localhost.evil.example"} {
			for _, o := range r.routes() {
				if o.internal || !strings.HasPrefix(o.pattern, "/api/") && !strings.HasPrefix(o.pattern, "/auth/") {
					continue
				}
				a := r.request(o.method, o.address, nil, "Host", host, "Origin", "http://"+host, "Sec-Fetch-Site", "same-origin",
					"Cookie", p.cookie(), "X-Forwarded-Host", public.Host)
				require.Equal(t, http.StatusMisdirectedRequest, a.status, "%s, %s: %s", o, host, a.body)
				r.problemOf(a, http.StatusMisdirectedRequest, "wrong-host")
			}
		}
	})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		require.Equal(t, http.StatusOK, r.request(http.MethodGet, r.internal+path, nil, "Host", "storelink.internal").status)
	}
}

// Every answer carries the headers, and none of /auth, /api and /admin may be kept.
func TestHeadersAreOnEveryAnswer(t *testing.T) {
	const wizard = "https://stores.example.com"
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.PublicURL = wizard }})
	p := r.behindTLS()()
	_, err := p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	statuses := map[int]bool{}
	check := func(method, address string, a answer) {
		t.Helper()
		statuses[a.status] = true
		says := func(header string) string { return a.header.Get(header) }
		name := method + " " + address
		csp := says("Content-Security-Policy")
		for _, directive := range []string{"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"} {
			require.Contains(t, csp, directive, name)
		}
		require.NotContains(t, csp, "script-src", "scripts: as default-src has it, %s", name)
		require.Equal(t, "nosniff", says("X-Content-Type-Options"), name)
		require.Equal(t, "no-referrer", says("Referrer-Policy"), name)
		require.Equal(t, "same-origin", says("Cross-Origin-Opener-Policy"), name)
		require.Equal(t, "same-origin", says("Cross-Origin-Resource-Policy"), name)
		if strings.HasPrefix(address, wizard) {
			require.Regexp(t, `^max-age=\d{7,}`, says("Strict-Transport-Security"), name)
		}
		require.NotEmpty(t, says("X-Request-Id"), name)
		require.Empty(t, says("Server"), name)
		u, err := url.Parse(address)
		require.NoError(t, err)
		if slices.ContainsFunc([]string{"/auth", "/api", "/admin"}, func(f string) bool { return strings.HasPrefix(u.Path, f) }) {
			require.Equal(t, "no-store", says("Cache-Control"), name)
		}
	}
	crawl := func() {
		t.Helper()
		for _, o := range r.routes() {
			address := []string{o.address, o.address + "?unknown=1", o.address + "/nothing/here", o.address + "%2f"}
			for _, method := range []string{o.method, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut} {
				for _, at := range address {
					if o.id == "signOut" && method == o.method && at == o.address {
						continue // the last of all
					}
					check(method, at, p.ask(method, at))
					check(method, at, p.ask(method, at, append(r.credentials(p, o.internal), "Sec-Fetch-Site", "same-origin")...))
					check(method, at, p.ask(method, at, "Cookie", p.cookie(), "Sec-Fetch-Site", "cross-site"))
				}
			}
		}
		for _, path := range []string{"/", "/stores", "/index.html", "/nothing.js", "/api", "/auth", "/admin", "/debug/pprof/", "/%2e%2e/secret"} {
			check(http.MethodGet, wizard+path, p.ask(http.MethodGet, wizard+path))
			check(http.MethodPost, wizard+path, p.ask(http.MethodPost, wizard+path))
			check(http.MethodGet, r.internal+path, p.ask(http.MethodGet, r.internal+path))
		}
	}
	crawl()
	store := r.box.Stores(sandbox.AccountSmall)[0]
	for _, body := range []any{ask(store, "K-1", ""), ask(store, "", "")} {
		check(http.MethodPost, wizard+"/api/onboard", p.send(http.MethodPost, "/api/onboard", body))
	}
	huge := map[string]any{"items": strings.Repeat("x", 9<<20)}
	check(http.MethodPost, wizard+"/api/onboard", p.send(http.MethodPost, "/api/onboard", huge))
	r.box.Inject(sandbox.Fault{PathPattern: "/connection$", Status: http.StatusBadGateway, Times: -1})
	check(http.MethodGet, wizard+connectionPath(store), p.send(http.MethodGet, connectionPath(store), nil))

	r.exec(`ALTER TABLE sessions RENAME TO lost_sessions`)
	r.exec(`ALTER TABLE mappings RENAME TO lost_mappings`)
	broken := p.send(http.MethodGet, "/api/organization", nil)
	require.NotContains(t, string(broken.body), "relation", "an error's text stays inside")
	r.problemOf(broken, http.StatusInternalServerError, "internal")
	crawl()
	r.exec(`ALTER TABLE lost_sessions RENAME TO sessions`)
	check(http.MethodPost, wizard+"/auth/logout", p.send(http.MethodPost, "/auth/logout", nil))
	for _, status := range []int{200, 204, 303, 400, 401, 403, 404, 405, 413, 500, 502} {
		require.True(t, statuses[status], "an answer with %d was among them", status)
	}
}

// forwarding puts headers onto every request, as a proxy or a liar would.
type forwarding map[string]string

// RoundTrip implements http.RoundTripper.
func (f forwarding) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	for name, value := range f {
		req.Header.Set(name, value)
	}
	return http.DefaultTransport.RoundTrip(req)
}

// Who claims to be forwarded is believed only where a trusted proxy says so: in the bound of waiting sign-ins and in
// the log.
func TestForwardedHeadersCountFromTrustedProxiesOnly(t *testing.T) {
	const waitingPerAddress = 5
	tests := []struct {
		name, proxies, last string
		addresses           []string
	}{
		{"forged", "", "/?error=sign-in-failed", []string{"127.0.0.1"}},
		{"from a proxy elsewhere", "10.0.0.0/8", "/?error=sign-in-failed", []string{"127.0.0.1"}},
		{"from a trusted proxy", "127.0.0.1/32", "/auth/wait", []string{
			"198.51.100.0", "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5", "198.51.100.6", "198.51.100.7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, rigOptions{tokenPerMinute: 3, settings: func(s *config.Settings) { s.TrustedProxies = tt.proxies }})
			end := ""
			for i := range 2 + waitingPerAddress + 1 { // one of three token calls is kept for refreshes
				p := r.visitor()
				address := netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String()
				p.client.Transport = forwarding{
					"X-Forwarded-For": "203.0.113.66, " + address, "X-Real-Ip": "203.0.113.66", "True-Client-Ip": "203.0.113.66",
					"Forwarded": "for=203.0.113.66;host=evil.example;proto=https", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
				}
				var err error
				end, err = p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
				require.NoError(t, err)
			}
			require.Truef(t, strings.HasPrefix(end, tt.last), "%s", end)
			rows, err := r.sql.Query(t.Context(), `SELECT DISTINCT client_address FROM signins ORDER BY 1`)
			require.NoError(t, err)
			var seen []string
			for rows.Next() {
				var address string
				require.NoError(t, rows.Scan(&address))
				seen = append(seen, address)
			}
			require.NoError(t, rows.Err())
			require.Equal(t, tt.addresses, seen)
			log := r.log.String()
			for _, address := range tt.addresses {
				require.Contains(t, log, `"address":"`+address+`"`)
			}
			require.NotContains(t, log, "203.0.113.66", "what a client writes before the proxy is no address")
			require.NotContains(t, log, "evil.example")
		})
	}
}
