package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// wiretap stands before the sandbox and notes every secret that goes over the wire. Where it is told so it answers in
// upstream's place, and echoes all secrets of the request.
type wiretap struct {
	next    http.Handler
	mu      sync.Mutex
	secrets map[string]string // value → what it is
	path    *regexp.Regexp    // of calls that are answered with an echo; nil: none
	method  string
	status  int
	kind    string // of the echo's content
}

func (w *wiretap) note(value, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(value) >= 16 {
		w.secrets[value] = what
	}
}

// echo answers calls of the method on the path with the status, and everything that the call brought along.
func (w *wiretap) echo(method, path string, status int, kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.method, w.path, w.status, w.kind = method, regexp.MustCompile(path), status, kind
}

func (w *wiretap) quiet() { w.echo("", "^$", 0, "") }

// ServeHTTP implements http.Handler.
func (w *wiretap) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	w.note(token, "access token")
	w.note(r.URL.Query().Get("state"), "state")
	if form, err := url.ParseQuery(string(body)); err == nil && strings.HasSuffix(r.URL.Path, "/token") {
		for _, name := range []string{"code", "code_verifier", "client_secret", "refresh_token"} {
			w.note(form.Get(name), name)
		}
	}
	w.mu.Lock()
	echoes := w.path != nil && r.Method == w.method && w.path.MatchString(r.URL.Path)
	status, kind := w.status, w.kind
	w.mu.Unlock()
	if echoes {
		out.Header().Set("Content-Type", kind)
		out.Header().Set("Retry-After", token)
		out.WriteHeader(status)
		said := token + " " + string(body)
		answer := map[string]any{
			"message": "bad token " + said, "error": token, "error_description": said,
			"details": []any{map[string]any{"attribute": token, "message": "Bearer " + token}},
		}
		if kind != "application/json" {
			_, _ = io.WriteString(out, said)
			return
		}
		_ = json.NewEncoder(out).Encode(answer)
		return
	}
	recorded := httptest.NewRecorder()
	w.next.ServeHTTP(recorded, r)
	var issued struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(recorded.Body.Bytes(), &issued) == nil {
		w.note(issued.Access, "access token")
		w.note(issued.Refresh, "refresh token")
	}
	if to, err := url.Parse(recorded.Header().Get("Location")); err == nil {
		w.note(to.Query().Get("code"), "authorization code")
	}
	for name, values := range recorded.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(recorded.Code)
	_, _ = recorded.Body.WriteTo(out)
}

// transcript is a browser's connection that keeps every answer of storelink as text, but for the two places that have
// to hold a secret: a cookie's own Set-Cookie, and the state in the address of the consent page.
type transcript struct {
	tap    *wiretap
	public string
	mu     sync.Mutex
	text   strings.Builder
}

// RoundTrip implements http.RoundTripper.
func (k *transcript) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || !strings.HasPrefix(req.URL.String(), k.public) {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	for _, c := range resp.Cookies() {
		k.tap.note(c.Value, c.Name)
	}
	header := resp.Header.Clone()
	header.Del("Set-Cookie")
	if req.URL.Path == "/auth/login" {
		header.Del("Location")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = header.Write(&k.text)
	k.text.Write(body)
	return resp, nil
}

// dump is every row of every table as JSON, as a dump would show it.
func (r *rig) dump() string {
	r.t.Helper()
	rows, err := r.sql.Query(r.t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	require.NoError(r.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(r.t, err)
	require.Greater(r.t, len(tables), 10)
	var all strings.Builder
	for _, table := range tables {
		all.WriteString(scalar[string](r, `SELECT COALESCE(string_agg(row_to_json(t)::text, E'\n'), '') FROM `+pgx.Identifier{table}.Sanitize()+` t`))
		all.WriteString("\n")
	}
	return all.String()
}

// A flow with everything that can go wrong leaves no secret in an answer, the log or the database.
func TestNoSecretLeavesItsPlace(t *testing.T) {
	secret := rand.Text()
	tap := &wiretap{secrets: map[string]string{}}
	spans := newSpanCollector(t)
	r := newRig(t, rigOptions{
		sandbox: sandbox.Options{ClientSecret: secret},
		settings: func(s *config.Settings) {
			target, err := url.Parse(s.UpstreamURL)
			require.NoError(t, err)
			proxy := httputil.NewSingleHostReverseProxy(target)
			proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of calls that were given up
			tap.next = proxy
			server := httptest.NewServer(tap)
			t.Cleanup(server.Close)
			s.UpstreamURL, s.ClientSecret, s.CacheTTL, s.UpstreamTimeout = server.URL, secret, 0, time.Second
			s.OTLPEndpoint = spans.server.URL
		},
	})
	tap.note(secret, "client secret")
	tap.note(r.settings.Keyset, "keyset")
	for role, token := range r.tokens {
		tap.note(token, role+" token")
	}
	kept := &transcript{tap: tap, public: r.public}
	visitor := func() *person {
		p := r.visitor()
		p.client.Transport = kept
		return p
	}
	signIn := func(p *person, account, decision string) string {
		t.Helper()
		end, err := p.signIn(t.Context(), account, decision, "/stores?q=here")
		require.NoError(t, err)
		return end
	}
	store := r.box.Stores(sandbox.AccountSmall)[0]

	p := visitor()
	require.Contains(t, signIn(p, sandbox.AccountSmall, "deny"), "consent-denied")
	for _, fault := range []struct {
		status int
		kind   string
	}{{400, "application/json"}, {401, "application/json"}, {500, "text/html"}, {200, "text/plain"}, {200, "application/json"}} {
		tap.echo(http.MethodPost, "/token$", fault.status, fault.kind)
		require.Contains(t, signIn(p, sandbox.AccountSmall, "allow"), "sign-in-failed")
	}
	tap.quiet()
	r.box.Inject(sandbox.Fault{PathPattern: "/token$", Hang: true})
	require.Contains(t, signIn(p, sandbox.AccountSmall, "allow"), "sign-in-failed")
	tap.echo(http.MethodGet, "/organization$", http.StatusForbidden, "application/json")
	require.Contains(t, signIn(p, sandbox.AccountSmall, "allow"), "sign-in-failed")
	tap.quiet()
	require.Equal(t, "/stores?q=here", signIn(p, sandbox.AccountSmall, "allow"))
	tap.mu.Lock()
	stale := ""
	for value, what := range tap.secrets {
		if what == "state" {
			stale = value
		}
	}
	tap.mu.Unlock()
	p.ask(http.MethodGet, r.public+"/auth/callback?code="+canary+canary+canary+"&state="+stale)
	tap.note(canary+canary+canary, "a code that was made up")

	require.Equal(t, "connected", p.onboard(store, "K-1", "").Items[0].Outcome)
	for _, status := range []int{400, 422, 409} {
		tap.echo(http.MethodPost, "/connection$", status, "application/json")
		p.onboard(r.box.Stores(sandbox.AccountSmall)[1], "K-2", "")
	}
	for _, fault := range []struct {
		status int
		kind   string
	}{{403, "application/json"}, {404, "application/json"}, {502, "text/html"}, {200, "text/plain"}} {
		tap.echo(http.MethodGet, "/v1/organization", fault.status, fault.kind)
		for _, o := range r.routes() {
			if !o.internal && !o.changes() {
				p.ask(o.method, o.address, "Sec-Fetch-Site", "same-origin")
			}
		}
		p.send(http.MethodPost, "/api/onboard/preview", ask(store, "K-3", ""))
		p.send(http.MethodPost, "/api/onboard", ask(store, "K-3", "K-1"), "Prefer", "wait=0")
	}
	tap.quiet()
	r.box.Inject(sandbox.Fault{PathPattern: "/connection$", Hang: true, Times: -1})
	r.problemOf(p.send(http.MethodGet, connectionPath(store), nil), http.StatusGatewayTimeout, "upstream-timeout")
	r.box.ClearFaults()

	refreshing := visitor()
	signIn(refreshing, sandbox.AccountRefreshing, "allow")
	for _, status := range []int{500, 400} {
		r.exec(`UPDATE grants SET expires_at = storelink_now() - interval '1 second' WHERE sealed_refresh IS NOT NULL`)
		tap.echo(http.MethodPost, "/token$", status, "application/json")
		refreshing.send(http.MethodGet, "/api/organization", nil)
	}
	tap.echo(http.MethodGet, "/v1/organization", http.StatusUnauthorized, "application/json")
	p.send(http.MethodGet, "/api/organization", nil)
	tap.quiet()
	for _, o := range r.routes() {
		for role := range r.tokens {
			if o.internal {
				a := r.admin(role, o.method, strings.TrimPrefix(o.address, r.internal))
				kept.text.Write(a.body)
			}
		}
	}
	mappings := r.admin("read", http.MethodGet, "/admin/mappings")
	require.Contains(t, string(mappings.body), "bad token", "upstream's words are kept for operators")
	kept.text.Write(mappings.body)
	metrics := r.admin("", http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, metrics.status)
	for _, profile := range []string{"goroutine?debug=2", "heap?debug=1", "trace?seconds=1"} {
		a := r.admin("operate", http.MethodGet, "/debug/pprof/"+profile)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		kept.text.Write(a.body)
	}
	dump := r.dump()
	p.send(http.MethodPost, "/auth/logout", nil)
	r.flushTraces()
	require.NotEmpty(t, spans.named("GET /auth/callback"))

	tap.mu.Lock()
	defer tap.mu.Unlock()
	kinds := map[string]int{}
	for _, what := range tap.secrets {
		kinds[what]++
	}
	for _, what := range []string{"access token", "refresh token", "state", "code_verifier", "authorization code", "__Host-storelink", "__Host-storelink-signin", "client secret", "keyset", "operate token"} {
		require.NotZero(t, kinds[what]+kinds[map[string]string{"authorization code": "code", "client secret": "client_secret", "refresh token": "refresh_token"}[what]], what)
	}
	require.NotEmpty(t, kept.text.String())
	require.Contains(t, dump, "sealed_access")
	for place, text := range map[string]string{"an answer": kept.text.String(), "the log": r.log.String(), "the database": dump, "the metrics": string(metrics.body), "the traces": spans.raw.String()} {
		for value, what := range tap.secrets {
			for _, form := range []string{
				value, url.QueryEscape(value), hex.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(value)), value[:len(value)*3/4],
			} {
				require.NotContains(t, text, form, "%s in %s", what, place)
			}
		}
	}
}

// A sealed token opens only in the grant, the organization and the field that it was sealed for.
func TestASealedTokenOpensOnlyInItsPlace(t *testing.T) {
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.CacheTTL = 0 }})
	people := map[string]*person{}
	for _, account := range []string{sandbox.AccountSmall, sandbox.AccountReadOnly, sandbox.AccountRefreshing} {
		people[account] = r.signedIn(account)
	}
	works := func(account string) bool {
		t.Helper()
		r.box.ResetCalls()
		a := people[account].send(http.MethodGet, "/api/organization", nil)
		if a.status != http.StatusOK {
			require.Empty(t, r.box.Calls(), "a token that does not open is not sent")
		}
		return a.status == http.StatusOK
	}
	all := func(want bool, accounts ...string) {
		t.Helper()
		for _, account := range accounts {
			require.Equal(t, want, works(account), account)
		}
	}
	r.exec(`CREATE TABLE kept AS SELECT id, sealed_access FROM grants`)
	restore := `UPDATE grants g SET sealed_access = k.sealed_access FROM kept k WHERE k.id = g.id`
	swap := `
		WITH pair AS (
			SELECT id, sealed_access FROM grants WHERE id IN (
				SELECT s.grant_id FROM sessions s WHERE s.organization_id = $1 OR s.organization_id = $2))
		UPDATE grants g SET sealed_access = other.sealed_access FROM pair other
		WHERE g.id IN (SELECT id FROM pair) AND other.id <> g.id AND (SELECT count(*) FROM pair) = 2`
	organization := func(account string) string {
		for _, a := range r.box.Accounts() {
			if a.Name == account {
				return a.OrganizationID
			}
		}
		return ""
	}
	all(true, sandbox.AccountSmall, sandbox.AccountReadOnly, sandbox.AccountRefreshing)

	r.exec(swap, organization(sandbox.AccountSmall), organization(sandbox.AccountSmall))
	all(false, sandbox.AccountSmall, sandbox.AccountReadOnly)
	r.exec(restore)
	all(true, sandbox.AccountSmall, sandbox.AccountReadOnly)

	r.exec(`UPDATE grants SET sealed_access = sealed_refresh WHERE sealed_refresh IS NOT NULL`)
	all(false, sandbox.AccountRefreshing)
	r.exec(restore)
	r.exec(`UPDATE grants SET sealed_access = (SELECT sealed_access FROM kept JOIN grants o USING (id, sealed_access) WHERE o.sealed_refresh IS NOT NULL) WHERE sealed_refresh IS NULL`)
	all(false, sandbox.AccountSmall, sandbox.AccountReadOnly)
	r.exec(restore)

	r.exec(`UPDATE grants SET organization_id = $1 WHERE organization_id = $2`, organization(sandbox.AccountRefreshing), organization(sandbox.AccountSmall))
	all(false, sandbox.AccountSmall, sandbox.AccountReadOnly)
}
