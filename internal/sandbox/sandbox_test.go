package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

const redirectURI = "http://127.0.0.1:8080/auth/callback"

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a sandbox behind a server, and a client that follows no redirects.
type rig struct {
	*sandbox.Sandbox
	t     *testing.T
	url   string
	http  *http.Client
	clock *clock
}

func start(t *testing.T, o sandbox.Options) *rig {
	t.Helper()
	clock := newClock()
	o.RedirectURIs = append(o.RedirectURIs, redirectURI)
	o.Clock = clock.Now
	s := sandbox.New(o)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		server.Close()
	})
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &rig{Sandbox: s, t: t, url: server.URL, http: client, clock: clock}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(r.body), v), r.body)
}

// object is the answer as a generic JSON object.
func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	v := map[string]any{}
	r.into(t, &v)
	return v
}

// text is a string of the answer's JSON object; empty where it is none.
func (r reply) text(name string) string {
	var v map[string]any
	if json.Unmarshal([]byte(r.body), &v) != nil {
		return ""
	}
	s, _ := v[name].(string)
	return s
}

// requireError checks the error shape of the contract.
func (r reply) requireError(t *testing.T, status int, attribute string) {
	t.Helper()
	require.Equal(t, status, r.status, r.body)
	require.Equal(t, "application/json", r.header.Get("Content-Type"))
	var e struct {
		Message string
		Details []struct{ Attribute, Message string }
	}
	r.into(t, &e)
	require.NotEmpty(t, e.Message)
	if attribute != "" {
		require.Len(t, e.Details, 1)
		require.Equal(t, attribute, e.Details[0].Attribute)
		require.NotEmpty(t, e.Details[0].Message)
	}
}

func (r *rig) try(method, path, body string, header ...string) (reply, error) {
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := r.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

func (r *rig) do(method, path, body string, header ...string) reply {
	r.t.Helper()
	answer, err := r.try(method, path, body, header...)
	require.NoError(r.t, err)
	return answer
}

func (r *rig) form(path string, v url.Values, header ...string) reply {
	r.t.Helper()
	return r.do(http.MethodPost, path, v.Encode(), append(header, "Content-Type", "application/x-www-form-urlencoded")...)
}

// user calls the Organization domain with a token.
type user struct {
	*rig
	token string
}

func (r *rig) as(account string) user {
	r.t.Helper()
	answer, err := r.IssueToken(account)
	require.NoError(r.t, err)
	return user{r, answer.AccessToken}
}

const base = "/organization/v1/organization"

func (u user) call(method, path, body string) reply {
	u.t.Helper()
	return u.do(method, base+path, body, "Authorization", "Bearer "+u.token, "Content-Type", "application/json")
}

func connectionOf(s sandbox.Store) string {
	return "/brands/" + s.BrandID + "/stores/" + s.StoreID + "/connection"
}

func storeID(localID string) string {
	b, _ := json.Marshal(map[string]string{"storeId": localID})
	return string(b)
}

func TestAccounts(t *testing.T) {
	one, other := start(t, sandbox.Options{}), start(t, sandbox.Options{})
	require.Equal(t, one.Accounts(), other.Accounts(), "ids repeat over runs")

	want := map[string][2]int{ // brands, stores
		"small": {2, 12}, "medium": {4, 40}, "big": {5, 500}, "large": {20, 10000}, "empty": {0, 0}, "read-only": {2, 12}, "short-lived": {1, 4}, "refreshing": {2, 8},
	}
	organization := map[string]string{}
	require.Len(t, one.Accounts(), len(want))
	for _, a := range one.Accounts() {
		stores := one.Stores(a.Name)
		require.Equal(t, stores, other.Stores(a.Name))
		brands, ids, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, s := range stores {
			brands[s.BrandID], ids[s.StoreID], names[s.Name] = true, true, true
		}
		got := [2]int{len(brands), len(stores)}
		require.Equal(t, want[a.Name], got, a.Name)
		require.Len(t, ids, len(stores))
		require.Len(t, names, len(stores))
		require.NotEmpty(t, a.Description)
		organization[a.Name] = a.OrganizationID
	}
	require.Equal(t, organization["small"], organization["read-only"])
	require.Nil(t, one.Stores("nobody"))

	legacy, ok := one.Connection(one.Stores("small")[2].StoreID)
	require.True(t, ok)
	require.Equal(t, sandbox.LegacyLocalID, legacy)
}

func TestConcurrentUse(t *testing.T) {
	r := start(t, sandbox.Options{RatePerSecond: 1000})
	u, store := r.as("small"), r.Stores("small")[0]
	created := make(chan int, 32)
	var wg sync.WaitGroup
	for range cap(created) {
		wg.Go(func() {
			answer, err := u.try(http.MethodPost, base+connectionOf(store), storeID("A"),
				"Authorization", "Bearer "+u.token, "Content-Type", "application/json")
			if err == nil {
				created <- answer.status
			}
			_, _ = u.try(http.MethodGet, "/_sandbox/calls", "")
			r.Inject(sandbox.Fault{Method: "PATCH", Status: 500})
			r.ClearFaults()
			r.AddRedirectURI("http://localhost/")
			r.SetConnection(r.Stores("small")[1].StoreID, "B")
			r.Calls()
		})
	}
	wg.Wait()
	close(created)
	count := map[int]int{}
	for status := range created {
		count[status]++
	}
	require.Equal(t, map[int]int{204: 1, 409: 31}, count, "writes on one store are serialised")
}
