package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"storelink/internal/api/gen"
	"storelink/internal/sandbox"
)

// route is an operation of the contract, with an address that fits its pattern. Tests that must hold for every route go
// by these, so that a route that is added later is tested, too.
type route struct {
	id, method, pattern string
	internal            bool // on the internal listener
	address             string
}

// String names the route in a test's name.
func (o route) String() string { return o.method + " " + o.pattern }

// changes reports whether the method is not a safe one.
func (o route) changes() bool { return o.method != http.MethodGet && o.method != http.MethodHead }

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

// routes lists the contract's operations by method and path; sign-out comes last. Ids are those of a store of the small
// account, others are made up.
func (r *rig) routes() []route {
	r.t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(gen.Contract)
	require.NoError(r.t, err)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	known := map[string]string{"{brandId}": store.BrandID, "{storeId}": store.StoreID, "{slug}": "not-found"}
	var all []route
	for pattern, item := range doc.Paths.Map() {
		path := pathParameter.ReplaceAllStringFunc(pattern, func(name string) string {
			if value, ok := known[name]; ok {
				return value
			}
			return "01890000-0000-7000-8000-000000000000"
		})
		for method, op := range item.Operations() {
			o := route{id: op.OperationID, method: method, pattern: pattern, internal: slices.Contains(op.Tags, "internal")}
			o.address = r.listener(o.internal) + path
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b route) int { return strings.Compare(a.String(), b.String()) })
	require.Greater(r.t, len(all), 20)
	return all
}

func (r *rig) listener(internal bool) string {
	if internal {
		return r.internal
	}
	return r.public
}

// request sends exactly what it is told, with no header of its own. A header named Host is the request's host.
func (r *rig) request(method, address string, body io.Reader, headers ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, address, body)
	require.NoError(r.t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	a, err := newBrowser(r.public).do(req)
	require.NoError(r.t, err)
	return a
}

// cookie is the Cookie header of everything that the browser keeps of storelink.
func (p *person) cookie() string {
	u, err := url.Parse(p.origin)
	require.NoError(p.r.t, err)
	var pairs []string
	for _, c := range p.Cookies(u) {
		pairs = append(pairs, c.String())
	}
	return strings.Join(pairs, "; ")
}

// credentials are the headers that open every route of the listener.
func (r *rig) credentials(p *person, internal bool) []string {
	if internal {
		return []string{"Cookie", "__Host-storelink-admin=nobody", "Authorization", "Bearer " + r.tokens["operate"]}
	}
	return []string{"Cookie", p.cookie()}
}

// untouched fails the test where f makes a call upstream or changes a row that a request could change.
func (r *rig) untouched(f func()) {
	r.t.Helper()
	count := func() []int {
		var counts []int
		for _, table := range []string{"mappings", "runs", "run_items", "mapping_events", "idempotency_keys", "grants", "local_stores"} {
			counts = append(counts, scalar[int](r, `SELECT count(*) FROM `+table))
		}
		return append(counts,
			scalar[int](r, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`),
			scalar[int](r, `SELECT COALESCE(sum(generation), 0)::int FROM mappings`))
	}
	before := count()
	r.box.ResetCalls()
	f()
	require.Empty(r.t, r.box.Calls(), "nothing is sent upstream")
	require.Equal(r.t, before, count(), "nothing is changed")
}

// tlsEnd stands for a proxy that ends TLS: requests to the https public URL go to the listener's handler.
type tlsEnd struct {
	host    string
	address string
}

// RoundTrip implements http.RoundTripper.
func (e tlsEnd) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == e.host {
		req = req.Clone(req.Context())
		if req.Host == "" {
			req.Host = e.host
		}
		req.URL.Scheme, req.URL.Host = "http", e.address
	}
	return http.DefaultTransport.RoundTrip(req)
}

// behindTLS lets the browsers that it returns reach a rig whose public URL is https.
func (r *rig) behindTLS() func() *person {
	r.t.Helper()
	public, err := url.Parse(r.public)
	require.NoError(r.t, err)
	server := httptest.NewServer(r.service.servers[0].Handler)
	r.t.Cleanup(server.Close)
	end := tlsEnd{host: public.Host, address: server.Listener.Addr().String()}
	return func() *person {
		p := r.visitor()
		p.client.Transport = end
		return p
	}
}

// ask sends what it is told as request does, by way of the browser's connection.
func (p *person) ask(method, address string, headers ...string) answer {
	p.r.t.Helper()
	req, err := http.NewRequestWithContext(p.r.t.Context(), method, address, nil)
	require.NoError(p.r.t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	a, err := p.do(req)
	require.NoError(p.r.t, err)
	return a
}
