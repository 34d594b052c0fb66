package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/auth"
	"storelink/internal/store"
	"storelink/internal/storetest"
)

const (
	clientSecret = "canary-client-secret"
	callbackURL  = "http://localhost/auth/callback"
)

// otter is a token endpoint and the one question that upstream answers about a user.
type otter struct {
	*httptest.Server
	mu            sync.Mutex
	challenges    map[string]string // code → challenge
	owners        map[string]string // access token → organization id
	refreshes     map[string]string // refresh token → organization id
	calls         []url.Values
	organization  string
	lifetime      int // seconds; 0: not said
	scope         string
	refreshable   bool
	organizations error
	handle        http.HandlerFunc // instead of the true answer
}

func newOtter(t *testing.T) *otter {
	t.Helper()
	o := &otter{
		challenges: map[string]string{}, owners: map[string]string{}, refreshes: map[string]string{},
		organization: uuid.NewString(), lifetime: 2_627_999,
		scope: "organization.read organization.service_integration",
	}
	o.Server = httptest.NewServer(http.HandlerFunc(o.token))
	t.Cleanup(o.Close)
	return o
}

func (o *otter) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	o.mu.Lock()
	o.calls = append(o.calls, r.PostForm)
	handle := o.handle
	o.mu.Unlock()
	if handle != nil {
		handle(w, r)
		return
	}
	o.answer(w, r)
}

func (o *otter) answer(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	organization, ok := o.spend(r.PostForm)
	_, _, basic := r.BasicAuth()
	if !ok || basic || r.PostForm.Get("client_secret") != clientSecret || r.PostForm.Get("scope") == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"message":"canary-body %s"}`, r.PostForm.Get("code"))
		return
	}
	access := "canary-access-" + rand.Text()
	o.owners[access] = organization
	body := map[string]any{"access_token": access, "token_type": "bearer"}
	if o.lifetime != 0 {
		body["expires_in"] = o.lifetime
	}
	if o.scope != "" {
		body["scope"] = o.scope
	}
	if o.refreshable {
		token := "canary-refresh-" + rand.Text()
		o.refreshes[token] = organization
		body["refresh_token"] = token
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// spend uses up the form's code or refresh token and returns whose it was.
func (o *otter) spend(form url.Values) (string, bool) {
	if form.Get("grant_type") == "refresh_token" {
		organization, ok := o.refreshes[form.Get("refresh_token")]
		delete(o.refreshes, form.Get("refresh_token"))
		return organization, ok
	}
	challenge, ok := o.challenges[form.Get("code")]
	delete(o.challenges, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	return o.organization, ok && form.Get("redirect_uri") == callbackURL &&
		challenge == base64.RawURLEncoding.EncodeToString(sum[:])
}

// Organization is upstream's answer to who a token belongs to.
func (o *otter) Organization(_ context.Context, token storelink.AccessToken) (storelink.Organization, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id, ok := o.owners[token.Value]
	if o.organizations != nil || !ok {
		return storelink.Organization{}, errors.Join(o.organizations, errors.New("no organization"))
	}
	return storelink.Organization{ID: id, Name: "Canteen"}, nil
}

func (o *otter) set(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *otter) asked() []url.Values {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]url.Values(nil), o.calls...)
}

// say answers with the status and body, as JSON whatever it is.
func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// rig is a service over a database of its own, and its upstream.
type rig struct {
	t       *testing.T
	up      *otter
	url     string
	options auth.Options
	keyset  string
	service *auth.Service
	conn    *pgx.Conn
}

func newRig(t *testing.T, change ...func(*auth.Options)) *rig {
	t.Helper()
	up := newOtter(t)
	r := &rig{t: t, up: up, url: storetest.URL(t)}
	var err error
	r.keyset, err = auth.NewKeyset()
	require.NoError(t, err)
	sealer, err := auth.NewSealer(r.keyset)
	require.NoError(t, err)
	r.options = auth.Options{
		Store:         r.database(),
		Organizations: up,
		Sealer:        sealer,
		ClientID:      "client", ClientSecret: clientSecret,
		AuthorizeURL: up.URL + "/authorize", TokenURL: up.URL + "/token", RedirectURL: callbackURL,
		Scopes:         []string{storelink.ScopeRead, storelink.ScopeConnect},
		TrustedOrigins: []string{"https://app.example.com"},
		SessionLimits:  storelink.SessionLimits{Idle: 12 * time.Hour, Max: 168 * time.Hour},
		TokenPerMinute: 1000,
	}
	for _, f := range change {
		f(&r.options)
	}
	r.service = r.replica()
	r.conn, err = pgx.Connect(t.Context(), r.url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.conn.Close(context.Background()) })
	return r
}

func strict(o *auth.Options) { o.TokenPerMinute = 3 }

func (r *rig) database() *store.DB {
	db, err := store.Open(r.t.Context(), r.url, store.Options{MaxConns: 8})
	require.NoError(r.t, err)
	r.t.Cleanup(db.Close)
	return db
}

// replica returns another service on the same database.
func (r *rig) replica() *auth.Service {
	o := r.options
	o.Store = r.database()
	s, err := auth.New(o)
	require.NoError(r.t, err)
	return s
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.conn.Exec(r.t.Context(), sql, args...)
	require.NoError(r.t, err)
}

func (r *rig) count(sql string, args ...any) (n int) {
	r.t.Helper()
	require.NoError(r.t, r.conn.QueryRow(r.t.Context(), sql, args...).Scan(&n))
	return n
}

// later moves the database's clock to d from the real one.
func (r *rig) later(d time.Duration) {
	r.t.Helper()
	r.exec(fmt.Sprintf(`CREATE OR REPLACE FUNCTION storelink_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
		AS 'SELECT clock_timestamp() + interval ''%d milliseconds'''`, d.Milliseconds()))
}

// click is a browser that stands at upstream's consent page.
type click struct {
	secret string
	state  string
	code   string
}

// begin starts a sign-in and lets the user consent: the code is ready.
func (r *rig) begin(request auth.BeginRequest) click {
	r.t.Helper()
	begun, err := r.service.Begin(r.t.Context(), request)
	require.NoError(r.t, err)
	u, err := url.Parse(begun.RedirectURL)
	require.NoError(r.t, err)
	q := u.Query()
	require.Equal(r.t, "S256", q.Get("code_challenge_method"))
	require.Equal(r.t, "code", q.Get("response_type"))
	c := click{secret: begun.BrowserSecret, state: q.Get("state"), code: "canary-code-" + rand.Text()}
	r.up.set(func() { r.up.challenges[c.code] = q.Get("code_challenge") })
	return c
}

func (c click) callback() auth.Callback {
	return auth.Callback{Query: url.Values{"state": {c.state}, "code": {c.code}}, BrowserSecret: c.secret, ClientAddress: "192.0.2.1"}
}

// signIn plays a whole sign-in and returns the session's cookie.
func (r *rig) signIn() string {
	r.t.Helper()
	out, err := r.service.Finish(r.t.Context(), r.begin(auth.BeginRequest{}).callback())
	require.NoError(r.t, err)
	require.NotEmpty(r.t, out.SessionCookie)
	return out.SessionCookie
}

func (r *rig) session(cookie string) storelink.Session {
	r.t.Helper()
	s, err := r.service.Session(r.t.Context(), cookie)
	require.NoError(r.t, err)
	return s
}

func (r *rig) refused(err error, slug string) *auth.SigninError {
	r.t.Helper()
	var e *auth.SigninError
	require.ErrorAs(r.t, err, &e)
	require.Equal(r.t, slug, e.Slug)
	require.NotContains(r.t, err.Error(), "canary")
	return e
}

func (r *rig) code(err error, want storelink.ErrorCode) {
	r.t.Helper()
	require.Error(r.t, err)
	require.Equal(r.t, want, storelink.CodeOf(err), err)
	require.NotContains(r.t, err.Error(), "canary")
}
