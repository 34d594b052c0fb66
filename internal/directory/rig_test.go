package directory_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/directory"
	"storelink/internal/sandbox"
	"storelink/internal/store"
	"storelink/internal/storetest"
	"storelink/internal/upstream"
)

// A rig is a directory over a real database and the sandbox.
type rig struct {
	*directory.Service
	t       *testing.T
	otter   *sandbox.Sandbox
	db      *store.DB
	conn    *pgx.Conn
	options directory.Options
	tokens  *tokens
}

func newRig(t *testing.T, ttl time.Duration) *rig {
	r := &rig{t: t, otter: sandbox.New(sandbox.Options{}), tokens: &tokens{values: map[string]storelink.AccessToken{}, dead: map[string]string{}}}
	t.Cleanup(func() { _ = r.otter.Close() })
	server := httptest.NewServer(r.otter.Handler())
	t.Cleanup(server.Close)
	client, err := upstream.New(upstream.Options{BaseURL: server.URL, Timeout: 5 * time.Second})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	address := storetest.URL(t)
	r.db, err = store.Open(t.Context(), address, store.Options{})
	require.NoError(t, err)
	t.Cleanup(r.db.Close)
	r.conn, err = pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.conn.Close(context.Background()) })
	r.options = directory.Options{
		Upstream: client, Snapshot: r.db, Tokens: r.tokens, CacheTTL: ttl, Logger: slog.New(slog.DiscardHandler),
	}
	r.Service = r.replica()
	return r
}

// replica returns another directory over the same database and upstream.
func (r *rig) replica() *directory.Service {
	s := directory.New(r.options)
	r.t.Cleanup(s.Close)
	return s
}

// signIn returns a session with a grant of its own.
func (r *rig) signIn(account string) storelink.Session {
	r.t.Helper()
	issued, err := r.otter.IssueToken(account)
	require.NoError(r.t, err)
	accounts := r.otter.Accounts()
	a := accounts[slices.IndexFunc(accounts, func(a sandbox.Account) bool { return a.Name == account })]
	organization := storelink.Organization{ID: a.OrganizationID, Name: a.OrganizationName}
	require.NoError(r.t, r.db.UpsertOrganization(r.t.Context(), organization))
	return r.tokens.grant(organization, issued.AccessToken, storelink.SplitScopes(issued.Scope))
}

// asked counts the calls whose path ends so.
func (r *rig) asked(suffix string) int {
	n := 0
	for _, call := range r.otter.Calls() {
		if strings.HasSuffix(call.Path, suffix) {
			n++
		}
	}
	return n
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.conn.Exec(r.t.Context(), sql, args...)
	require.NoError(r.t, err)
}

// tokens stands in for the grants.
type tokens struct {
	mu     sync.Mutex
	values map[string]storelink.AccessToken
	dead   map[string]string
}

func (t *tokens) grant(o storelink.Organization, value string, scopes []string) storelink.Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := "grant-" + string(rune('a'+len(t.values)))
	t.values[id] = storelink.AccessToken{GrantID: id, Value: value, Scopes: scopes}
	return storelink.Session{ID: "session-of-" + id, Organization: o, Grant: storelink.Grant{ID: id, Scopes: scopes}}
}

func (t *tokens) Token(_ context.Context, s storelink.Session) (storelink.AccessToken, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, dead := t.dead[s.Grant.ID]; dead {
		return storelink.AccessToken{}, storelink.Errorf(storelink.ErrReauthorizationRequired, "dead")
	}
	return t.values[s.Grant.ID], nil
}

func (t *tokens) MarkGrant(_ context.Context, id, reason string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead[id] = reason
	return nil
}

func (t *tokens) marked(s storelink.Session) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead[s.Grant.ID]
}

func page(limit int, after []string) storelink.Page {
	return storelink.Page{Limit: limit, After: after}
}
