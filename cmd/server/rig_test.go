package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/sandbox"
	"storelink/internal/storetest"
)

// rig is the whole service against a database of its own and a sandbox over HTTP.
type rig struct {
	t        *testing.T
	box      *sandbox.Sandbox
	upstream *httptest.Server
	sql      *pgxpool.Pool
	settings *config.Settings
	service  *service
	public   string
	internal string
	address  string            // of the public listener
	tokens   map[string]string // role → admin token
	log      *syncBuffer
}

// rigOptions change what a test starts from.
type rigOptions struct {
	sandbox        sandbox.Options
	settings       func(*config.Settings)
	tokenPerMinute int // 0: no limit that a test would feel

	database string                          // its address; default: a fresh one on the shared server
	upstream func(http.Handler) http.Handler // what stands in front of the sandbox; default: nothing
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var testKeyset = sync.OnceValues(auth.NewKeyset)

func newRig(t *testing.T, o rigOptions) *rig {
	t.Helper()
	databaseURL := o.database
	if databaseURL == "" {
		databaseURL = storetest.URL(t)
	}
	sql, err := pgxpool.New(t.Context(), databaseURL)
	require.NoError(t, err)
	t.Cleanup(sql.Close)
	box := sandbox.New(o.sandbox)
	handler := box.Handler()
	if o.upstream != nil {
		handler = o.upstream(handler)
	}
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	r := &rig{t: t, box: box, upstream: upstream, sql: sql, tokens: map[string]string{}, log: &syncBuffer{}}
	r.settings, err = config.Defaults()
	require.NoError(t, err)
	s := r.settings
	s.DatabaseURL, s.UpstreamURL, s.LocalIDs = databaseURL, upstream.URL, "open"
	s.ClientID, s.ClientSecret, s.UpstreamRate = sandbox.DefaultClientID, sandbox.DefaultClientSecret, 0
	s.Keyset, err = testKeyset()
	require.NoError(t, err)
	var hashes []string
	for _, role := range []string{config.RoleRead, config.RoleOperate, config.RoleConnect} {
		token, setting := newAdminToken(role+"-token", role)
		r.tokens[role] = token
		hashes = append(hashes, setting)
	}
	s.AdminTokens = strings.Join(hashes, ",")
	if o.settings != nil {
		o.settings(s)
	}
	if o.tokenPerMinute == 0 {
		o.tokenPerMinute = 100_000
	}
	r.start(o.tokenPerMinute)
	return r
}

// start starts a replica on free ports.
func (r *rig) start(tokenPerMinute int) {
	r.t.Helper()
	public, internal := r.listen(), r.listen()
	if r.settings.PublicURL == "" {
		r.settings.PublicURL = "http://localhost:" + port(public)
	}
	r.settings.InternalURL = "http://" + internal.Addr().String()
	r.public, r.internal, r.address = r.settings.PublicURL, r.settings.InternalURL, public.Addr().String()
	require.NoError(r.t, r.settings.Check())
	r.box.AddRedirectURI(r.settings.RedirectURL())
	page := fstest.MapFS{
		"index.html":   {Data: []byte("<!doctype html><title>storelink</title>")},
		"console.html": {Data: []byte("<!doctype html><title>storelink console</title>")},
	}
	service, err := startService(r.t.Context(), parts{
		settings: r.settings, public: public, internal: internal, page: page, tokenPerMinute: tokenPerMinute,
		logger: slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(r.t, err)
	r.service = service
	r.t.Cleanup(sync.OnceFunc(service.stop))
}

func (r *rig) listen() net.Listener {
	r.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(r.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(r.t, err)
	return listener
}

// person is a browser with what tests ask of it.
type person struct {
	*browser
	r *rig
}

// visitor is a browser that has not signed in.
func (r *rig) visitor() *person { return &person{browser: newBrowser(r.public), r: r} }

// signedIn is a browser that has signed in with the sandbox's account.
func (r *rig) signedIn(account string) *person {
	r.t.Helper()
	p := r.visitor()
	end, err := p.signIn(r.t.Context(), account, "allow", "/stores")
	require.NoError(r.t, err)
	require.Equal(r.t, "/stores", end)
	return p
}

// send calls a route and returns the answer.
func (p *person) send(method, path string, body any, headers ...string) answer {
	p.r.t.Helper()
	a, err := p.call(p.r.t.Context(), method, path, body, headers...)
	require.NoError(p.r.t, err)
	return a
}

// get decodes a 200.
func (p *person) get(path string, into any) {
	p.r.t.Helper()
	a := p.send(http.MethodGet, path, nil)
	require.Equal(p.r.t, http.StatusOK, a.status, "%s: %s", path, a.body)
	require.NoError(p.r.t, a.into(into))
}

// onboard asks for one store and returns the run.
func (p *person) onboard(s sandbox.Store, localID, replaces string) demoRun {
	p.r.t.Helper()
	a := p.send(http.MethodPost, "/api/onboard", ask(s, localID, replaces), "Prefer", "wait=20")
	require.Equal(p.r.t, http.StatusOK, a.status, "%s", a.body)
	var run demoRun
	require.NoError(p.r.t, a.into(&run))
	return run
}

func ask(s sandbox.Store, localID, replaces string) map[string]any {
	return item(demoStore{BrandID: s.BrandID, ID: s.StoreID}, localID, replaces)
}

func connectionPath(s sandbox.Store) string {
	return demoStore{BrandID: s.BrandID, ID: s.StoreID}.path()
}

// admin calls a route of the internal listener with the role's token; an empty role sends none.
func (r *rig) admin(role, method, path string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.internal+path, nil)
	require.NoError(r.t, err)
	if role != "" {
		req.Header.Set("Authorization", "Bearer "+r.tokens[role])
	}
	a, err := newBrowser(r.internal).do(req)
	require.NoError(r.t, err)
	return a
}

type problem struct {
	Type     string
	Title    string
	Status   int
	Detail   string
	Instance string
	Errors   []struct{ Pointer, Detail string }
}

// problemOf checks that the answer is a problem of this kind (RFC 9457 section 3).
func (r *rig) problemOf(a answer, status int, slug string) problem {
	r.t.Helper()
	require.Equal(r.t, status, a.status, "%s", a.body)
	require.Equal(r.t, "application/problem+json", strings.Split(a.header.Get("Content-Type"), ";")[0], "%s", a.body)
	var p problem
	require.NoError(r.t, json.Unmarshal(a.body, &p), "%s", a.body)
	require.Equal(r.t, "/problems/"+slug, p.Type)
	require.Equal(r.t, status, p.Status)
	require.NotEmpty(r.t, p.Title)
	require.Equal(r.t, a.header.Get("X-Request-Id"), strings.TrimPrefix(p.Instance, "urn:uuid:"))
	return p
}

// scalar asks the database for one value.
func scalar[T any](r *rig, sql string, args ...any) T {
	r.t.Helper()
	var v T
	require.NoError(r.t, r.sql.QueryRow(context.WithoutCancel(r.t.Context()), sql, args...).Scan(&v))
	return v
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.sql.Exec(r.t.Context(), sql, args...)
	require.NoError(r.t, err)
}

func (r *rig) eventually(what string, condition func() bool) {
	r.t.Helper()
	require.Eventually(r.t, condition, 20*time.Second, 20*time.Millisecond, what)
}

// connectionCalls counts the upstream calls on connections.
func (r *rig) connectionCalls() int {
	n := 0
	for _, c := range r.box.Calls() {
		if strings.HasSuffix(c.Path, "/connection") {
			n++
		}
	}
	return n
}
