package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// Upstream sees what the client builds, and nothing of the browser's request.
func TestNothingOfTheBrowserGoesUpstream(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.visitor()
	p.client.Transport = forwarding{
		"X-Canary": canary, "X-Forwarded-For": "203.0.113.66", "Forwarded": "for=" + canary, "User-Agent": canary, "Referer": "https://" + canary + ".example",
		"Accept-Language": canary, "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Tracestate": "x=" + canary,
		"X-Request-Id": canary, "Accept": "text/" + canary, "If-None-Match": `"` + canary + `"`, "Range": "bytes=0-1",
	}
	_, err := p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	for _, o := range r.routes() {
		if !o.internal && o.id != "signOut" {
			p.ask(o.method, o.address, "Sec-Fetch-Site", "same-origin", "Authorization", "Bearer "+canary, "Prefer", "wait=20")
		}
	}
	p.onboard(r.box.Stores(sandbox.AccountSmall)[0], "K-1", "")
	known := []string{"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "User-Agent"}
	paths := map[string]bool{}
	for _, c := range r.box.Calls() {
		if strings.HasPrefix(c.Path, "/v1/auth/oauth2/") {
			continue // the browser's own
		}
		paths[c.Path] = true
		for name, values := range c.Header {
			require.Contains(t, known, name, "%s %s", c.Method, c.Path)
			require.NotContains(t, strings.Join(values, " "), canary, "%s %s", c.Method, c.Path)
		}
		for _, key := range c.QueryKeys {
			require.Contains(t, []string{"limit", "token"}, key)
		}
	}
	require.Greater(t, len(paths), 5, "each kind of call was among them")
}

// What is no UUID never becomes a part of an address upstream.
func TestOnlyUUIDsReachAddressesUpstream(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	ids := []string{
		"..%2f", "..%2f..%2forganization", "..%252f", "%2e%2e", "..", ".", "%00", store.BrandID + "%00", store.BrandID + "%2fstores", store.BrandID + "%3flimit=1",
		store.BrandID + "%20", "%0a" + store.BrandID, "%7b" + store.BrandID + "%7d", "urn:uuid:" + store.BrandID, strings.ReplaceAll(store.BrandID, "-", ""),
		store.BrandID + ";x=1", store.BrandID[:35] + "%D9%A1", store.BrandID[:35] + "g", strings.Repeat("a", 5000), "null", "%ff",
	}
	r.untouched(func() {
		for _, o := range r.routes() {
			pattern := strings.ReplaceAll(o.pattern, "{slug}", "not-found")
			for _, parameter := range pathParameter.FindAllString(pattern, -1) {
				for _, id := range ids {
					path := strings.ReplaceAll(pattern, parameter, id)
					path = strings.NewReplacer("{brandId}", store.BrandID, "{storeId}", store.StoreID).Replace(path)
					headers := append(r.credentials(p, o.internal), "Sec-Fetch-Site", "same-origin")
					a := r.request(o.method, r.listener(o.internal)+path, nil, headers...)
					require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed}, a.status, "%s: %s", path, a.body)
					if a.status == http.StatusBadRequest {
						found := r.problemOf(a, http.StatusBadRequest, "invalid-request")
						require.Equal(t, strings.Trim(parameter, "{}"), found.Errors[0].Pointer, path)
					}
				}
			}
		}
	})
}

// Every route under /admin and /debug demands its role: reading for GET, operating for changes and for profiles.
func TestAdminRoutesDemandTheirRole(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	bearer := func(role string) []string { return []string{"Authorization", "Bearer " + r.tokens[role]} }
	refused := []struct {
		name    string
		headers []string
	}{
		{"none", nil},
		{"wrong", []string{"Authorization", "Bearer " + strings.Repeat("A", 26)}},
		{"empty", []string{"Authorization", "Bearer "}},
		{"another scheme", []string{"Authorization", "Basic " + r.tokens["operate"]}},
		{"a prefix", []string{"Authorization", "Bearer " + r.tokens["operate"][:20]}},
		{"the hash", []string{"Authorization", "Bearer " + strings.Split(r.settings.AdminTokens, ":")[2][:64]}},
		{"the public cookie", []string{"Cookie", p.cookie(), "Sec-Fetch-Site", "same-origin"}},
		{"another header", []string{"X-Authorization", "Bearer " + r.tokens["operate"]}},
	}
	routes := r.routes()
	for _, path := range []string{"/admin", "/admin/", "/admin/nothing", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			routes = append(routes, route{method: method, pattern: path, address: r.internal + path, internal: true})
		}
	}
	r.untouched(func() {
		for _, o := range routes {
			if !o.internal || !strings.HasPrefix(o.pattern, "/admin") && !strings.HasPrefix(o.pattern, "/debug") || o.String() == "POST /admin/session" {
				continue
			}
			for _, tt := range refused {
				a := r.request(o.method, o.address, nil, tt.headers...)
				require.Equal(t, http.StatusUnauthorized, a.status, "%s, %s: %s", o, tt.name, a.body)
				r.problemOf(a, http.StatusUnauthorized, "not-signed-in")
				require.Contains(t, a.header.Get("WWW-Authenticate"), "Bearer", "RFC 6750 section 3")
			}
			minting := r.request(o.method, o.address, nil, bearer("connect")...)
			if o.id == "mintConnectSession" {
				r.problemOf(minting, http.StatusBadRequest, "invalid-request")
			} else {
				r.problemOf(minting, http.StatusForbidden, "forbidden")
			}
			read := r.request(o.method, o.address, nil, bearer("read")...)
			if o.changes() && o.id != "endAdminSession" || strings.HasPrefix(o.pattern, "/debug") {
				r.problemOf(read, http.StatusForbidden, "forbidden")
			} else {
				require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, read.status, "%s: %s", o, read.body)
			}
			operate := r.request(o.method, o.address, nil, bearer("operate")...)
			require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, operate.status, "%s: %s", o, operate.body)
		}
	})
}

// The public listener has nothing of the internal one, and neither has a way to make the service fail.
func TestThePublicListenerHasNoInternalRoutes(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	nowhere := map[string][]string{
		r.public:   {"/admin", "/admin/", "/admin/mappings", "/metrics", "/debug", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/healthz", "/readyz"},
		r.internal: {"/api/session", "/auth/login", "/auth/logout", "/index.htm"},
	}
	for _, o := range r.routes() {
		if u, err := url.Parse(o.address); err == nil && o.internal {
			nowhere[r.public] = append(nowhere[r.public], u.Path)
		}
	}
	for _, path := range []string{"/_sandbox", "/_sandbox/", "/_sandbox/faults", "/_sandbox/calls", "/_sandbox/settings"} {
		nowhere[r.public], nowhere[r.internal] = append(nowhere[r.public], path), append(nowhere[r.internal], path)
	}
	for base, paths := range nowhere {
		for _, path := range paths {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
				a := r.request(method, base+path, nil, "Authorization", "Bearer "+r.tokens["operate"], "Cookie", p.cookie(), "Sec-Fetch-Site", "same-origin")
				require.Equal(t, http.StatusNotFound, a.status, "%s %s%s: %s", method, base, path, a.body)
				r.problemOf(a, http.StatusNotFound, "not-found")
			}
		}
	}
}

// Bodies, waits and slow clients are bounded.
func TestRequestsAreBounded(t *testing.T) {
	r := newRig(t, rigOptions{})
	slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.internal, "http://"))
	require.NoError(t, err)
	defer slow.Close()
	_, err = io.WriteString(slow, "GET /healthz HTTP/1.1\r\nHost: storelink\r\nX-Slow: ")
	require.NoError(t, err)
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	post := func(path string, body io.Reader, headers ...string) answer {
		t.Helper()
		headers = append(headers, "Cookie", p.cookie(), "Sec-Fetch-Site", "same-origin", "Content-Type", "application/json")
		return r.request(http.MethodPost, r.public+path, body, headers...)
	}
	r.untouched(func() {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write([]byte(`{"items":[]}`))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		for _, coding := range []string{"gzip", "br", "deflate", "identity, gzip", "x"} {
			a := post("/api/onboard", bytes.NewReader(packed.Bytes()), "Content-Encoding", coding)
			r.problemOf(a, http.StatusUnsupportedMediaType, "unsupported-media-type")
		}
		nine := func() *strings.Reader { return strings.NewReader(strings.Repeat(" ", 9<<20)) }
		for _, path := range []string{"/api/onboard", "/api/onboard/preview"} {
			r.problemOf(post(path, nine()), http.StatusRequestEntityTooLarge, "too-large")
			r.problemOf(post(path, struct{ io.Reader }{nine()}), http.StatusRequestEntityTooLarge, "too-large")
		}
	})
	a := p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Prefer", "wait=9999")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, "wait=30", a.header.Get("Preference-Applied"))

	require.NoError(t, slow.SetReadDeadline(time.Now().Add(20*time.Second)))
	content, err := io.ReadAll(slow)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is cut")
	require.NotContains(t, string(content), "200 OK")
}
