package onboard_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/onboard"
	"storelink/internal/sandbox"
	"storelink/internal/store"
	"storelink/internal/storetest"
	"storelink/internal/upstream"
)

// lateness is the upstream time-out of these tests: short, so that waiting for a late effect is, too, and long enough for
// a busy machine to answer in time.
const lateness = 2 * time.Second

// rig is a database, a sandbox over HTTP, and as many replicas as a test starts.
type rig struct {
	t      *testing.T
	url    string
	db     *store.DB
	sql    *pgxpool.Pool
	box    *sandbox.Sandbox
	client *upstream.Client
	tokens *grants
	org    string
	stores []sandbox.Store
	runs   *onboard.Service
	late   time.Duration // how late a write may take effect, as replicas believe
	drift  onboard.Drift
}

// grants hands out tokens of the sandbox as auth does from its table.
type grants struct {
	mu     sync.Mutex
	tokens []storelink.AccessToken
	marked []string
}

func (g *grants) BestToken(_ context.Context, _ string, except []string) (storelink.AccessToken, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, token := range g.tokens {
		if !slices.Contains(except, token.GrantID) && !slices.Contains(g.marked, token.GrantID) {
			return token, nil
		}
	}
	return storelink.AccessToken{}, storelink.Errorf(storelink.ErrReauthorizationRequired, "no grant is left")
}

func (g *grants) MarkGrant(_ context.Context, id, _ string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.marked = append(g.marked, id)
	return nil
}

func (g *grants) Token(ctx context.Context, _ storelink.Session) (storelink.AccessToken, error) {
	return g.BestToken(ctx, "", nil)
}

func newRig(t *testing.T, o sandbox.Options) *rig {
	t.Helper()
	url := storetest.URL(t)
	db, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	sql, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(sql.Close)
	box := sandbox.New(o)
	server := httptest.NewServer(box.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	client, err := upstream.New(upstream.Options{BaseURL: server.URL, Timeout: lateness})
	require.NoError(t, err)
	r := &rig{t: t, url: url, db: db, sql: sql, box: box, client: client, late: lateness, tokens: &grants{}, stores: box.Stores("small")}
	r.org = box.Accounts()[slices.IndexFunc(box.Accounts(), func(a sandbox.Account) bool { return a.Name == "small" })].OrganizationID
	r.exec(`INSERT INTO organizations (id, name) VALUES ($1, 'Probe')`, r.org)
	r.grant("first")
	r.runs = onboard.New(onboard.Options{Runs: db, Previews: db, Looks: client, Tokens: r.tokens, Wake: func() {}})
	return r
}

func (r *rig) grant(id string) {
	r.t.Helper()
	answer, err := r.box.IssueToken("small")
	require.NoError(r.t, err)
	r.tokens.mu.Lock()
	defer r.tokens.mu.Unlock()
	r.tokens.tokens = append(r.tokens.tokens, storelink.AccessToken{
		GrantID: id, Value: answer.AccessToken, Scopes: storelink.SplitScopes(answer.Scope), ExpiresAt: time.Now().Add(time.Hour),
	})
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.sql.Exec(context.WithoutCancel(r.t.Context()), sql, args...)
	require.NoError(r.t, err)
}

// replica starts workers and returns what stops them. They stop with the test, too.
func (r *rig) replica() (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	workers := onboard.NewWorkers(onboard.WorkersOptions{
		Queue: r.db, Ledger: r.db, Upstream: r.client, Tokens: r.tokens, UpstreamTimeout: r.late, Drift: r.drift,
		Logger: slog.New(slog.DiscardHandler),
	})
	var group sync.WaitGroup
	group.Go(func() { workers.Run(ctx) })
	group.Go(func() {
		if err := store.Listen(ctx, r.url, slog.New(slog.DiscardHandler), workers.Wake, r.runs.Changed); err != nil {
			r.t.Errorf("listen: %v", err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		group.Wait()
	})
	r.t.Cleanup(stop)
	return stop
}

func (r *rig) ref(n int) storelink.StoreRef {
	return storelink.StoreRef{BrandID: r.stores[n].BrandID, StoreID: r.stores[n].StoreID}
}

// begin accepts a run.
func (r *rig) begin(asks ...storelink.Ask) string {
	r.t.Helper()
	run, _, err := r.runs.Start(r.t.Context(), storelink.Asker{OrganizationID: r.org, Actor: "user", RequestID: "request"}, asks, nil)
	require.NoError(r.t, err)
	return run.ID
}

// finish waits for the run and returns its items.
func (r *rig) finish(runID string) []storelink.Item {
	r.t.Helper()
	run, err := r.runs.Wait(r.t.Context(), r.org, runID, 20*time.Second)
	require.NoError(r.t, err)
	require.Equal(r.t, storelink.RunDone, run.State, "%+v", run)
	return r.items(runID)
}

func (r *rig) items(runID string) []storelink.Item {
	r.t.Helper()
	items, err := r.runs.Items(r.t.Context(), r.org, runID, storelink.ItemFilter{Page: storelink.Page{Limit: 500}})
	require.NoError(r.t, err)
	return items.Items
}

// onboard asks for one store and returns the item when it has ended.
func (r *rig) onboard(ask storelink.Ask) storelink.Item {
	r.t.Helper()
	return r.finish(r.begin(ask))[0]
}

func (r *rig) mapping(n int) storelink.Mapping {
	r.t.Helper()
	list, err := r.db.FindMappings(r.t.Context(), storelink.MappingFilter{StoreID: r.stores[n].StoreID, Page: storelink.Page{Limit: 2}})
	require.NoError(r.t, err)
	require.Len(r.t, list.Items, 1)
	return list.Items[0]
}

// calls returns what was asked of a store's connection upstream: "GET", "POST K-1", "DELETE".
func (r *rig) calls(n int) []string {
	calls := []string{}
	for _, c := range r.box.Calls() {
		if strings.HasSuffix(c.Path, r.stores[n].StoreID+"/connection") {
			calls = append(calls, strings.TrimSpace(c.Method+" "+c.LocalID))
		}
	}
	return calls
}

// fault spoils the next calls with this method on a store's connection.
func (r *rig) fault(n int, method string, f sandbox.Fault) {
	f.Method, f.PathPattern = method, r.stores[n].StoreID+"/connection$"
	r.box.Inject(f)
}

func (r *rig) connected(n int) string {
	id, _ := r.box.Connection(r.stores[n].StoreID)
	return id
}

// eventually polls with a deadline.
func (r *rig) eventually(what string, condition func() bool) {
	r.t.Helper()
	require.Eventually(r.t, condition, 20*time.Second, 20*time.Millisecond, what)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
