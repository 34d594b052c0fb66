package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/auth"
)

func TestASignInStoresGrantAndSession(t *testing.T) {
	r := newRig(t)
	c := r.begin(auth.BeginRequest{ReturnTo: "/brands?q=x"})
	out, err := r.service.Finish(t.Context(), c.callback())
	require.NoError(t, err)
	require.Equal(t, "/brands?q=x", out.ReturnTo)
	require.False(t, out.Waiting)

	s := r.session(out.SessionCookie)
	require.Equal(t, storelink.Organization{ID: r.up.organization, Name: "Canteen"}, s.Organization)
	require.Equal(t, storelink.GrantActive, s.Grant.State)
	require.True(t, s.Grant.Allows(storelink.ScopeConnect))
	require.WithinDuration(t, time.Now().Add(30*24*time.Hour), s.Grant.ExpiresAt, 24*time.Hour)
	require.False(t, s.Grant.Refreshable)

	token, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.Contains(t, token.Value, "canary-access-")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", token, token, token), "canary")
	form := r.up.asked()[0]
	require.Equal(t, "organization.read organization.service_integration", form.Get("scope"))
	require.Equal(t, callbackURL, form.Get("redirect_uri"))
}

func TestSignInMakesWaitingMappingsDue(t *testing.T) {
	r := newRig(t)
	r.signIn()
	r.exec(`INSERT INTO mappings (id, organization_id, brand_id, store_id, state, waiting_for, waiting_since)
		VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), 'waiting', 'consent', storelink_now())`, r.up.organization)
	listener, err := pgx.Connect(t.Context(), r.url)
	require.NoError(t, err)
	defer listener.Close(t.Context())
	_, err = listener.Exec(t.Context(), `LISTEN storelink_work`)
	require.NoError(t, err)

	r.signIn()
	require.Equal(t, 1, r.count(`SELECT count(*) FROM mappings WHERE due_at IS NOT NULL AND due_for = 'ask'`))
	n, err := listener.WaitForNotification(t.Context())
	require.NoError(t, err)
	require.Equal(t, "storelink_work", n.Channel)
}

// Security row 1.
func TestAStateThatIsNotThisBrowsersChangesNothing(t *testing.T) {
	r := newRig(t)
	old := r.signIn()
	calls := len(r.up.asked())
	c := r.begin(auth.BeginRequest{SessionCookie: old, ReturnTo: "/here"})
	other := r.begin(auth.BeginRequest{})

	with := func(state, secret string) auth.Callback {
		return auth.Callback{Query: url.Values{"state": {state}, "code": {c.code}}, BrowserSecret: secret}
	}
	for name, callback := range map[string]auth.Callback{
		"empty":            with("", c.secret),
		"empty, no cookie": with("", ""),
		"absent":           {Query: url.Values{"code": {c.code}}, BrowserSecret: c.secret},
		"wrong":            with(strings.Repeat("A", 43), c.secret),
		"foreign browser":  with(c.state, other.secret),
		"no browser":       with(c.state, ""),
	} {
		_, err := r.service.Finish(t.Context(), callback)
		e := r.refused(err, auth.SlugInvalid)
		require.False(t, e.ClearSignin, name)
		require.Empty(t, e.ReturnTo, name)
		require.Len(t, r.up.asked(), calls, name)
		r.session(old)
	}

	out, err := r.service.Finish(t.Context(), c.callback())
	require.NoError(t, err, "none of them used up the state")
	_, err = r.service.Finish(t.Context(), c.callback())
	require.Equal(t, "/here", r.refused(err, auth.SlugExpired).ReturnTo, "reused")
	require.Len(t, r.up.asked(), calls+1)
	r.session(out.SessionCookie)
}

// Security row 2.
func TestEachSignInHasAChallengeOfItsOwn(t *testing.T) {
	r := newRig(t)
	a, b := r.begin(auth.BeginRequest{}), r.begin(auth.BeginRequest{})
	require.NotEqual(t, a.state, b.state)
	require.NotEqual(t, a.secret, b.secret)
	require.NotEqual(t, r.up.challenges[a.code], r.up.challenges[b.code])
	a.code, b.code = b.code, a.code
	for _, c := range []click{a, b} {
		_, err := r.service.Finish(t.Context(), c.callback())
		r.refused(err, auth.SlugFailed)
	}
	require.Zero(t, r.count(`SELECT count(*) FROM sessions`))
}

// Security row 3.
func TestErrorsWithoutStateAndRepeatedParametersAreInert(t *testing.T) {
	r := newRig(t)
	old := r.signIn()
	calls := len(r.up.asked())
	c := r.begin(auth.BeginRequest{SessionCookie: old})
	for name, query := range map[string]url.Values{
		"error alone":    {"error": {"access_denied"}, "error_description": {"canary"}},
		"repeated code":  {"state": {c.state}, "code": {c.code, "x"}},
		"repeated state": {"state": {c.state, c.state}, "code": {c.code}},
		"repeated error": {"state": {c.state}, "error": {"access_denied", "x"}},
	} {
		_, err := r.service.Finish(t.Context(), auth.Callback{Query: query, BrowserSecret: c.secret})
		r.refused(err, auth.SlugInvalid)
		require.Len(t, r.up.asked(), calls, name)
		r.session(old)
	}
	_, err := r.service.Finish(t.Context(), c.callback())
	require.NoError(t, err, "none of them used up the state")
}

func TestRefusedConsentLeadsBack(t *testing.T) {
	r := newRig(t)
	old := r.signIn()
	for upstream, slug := range map[string]string{"access_denied": auth.SlugConsentDenied, "canary_error": auth.SlugFailed} {
		c := r.begin(auth.BeginRequest{ReturnTo: "/here", SessionCookie: old})
		_, err := r.service.Finish(t.Context(), auth.Callback{
			Query:         url.Values{"state": {c.state}, "error": {upstream}, "error_description": {"canary"}},
			BrowserSecret: c.secret,
		})
		e := r.refused(err, slug)
		require.Equal(t, "/here", e.ReturnTo)
		require.True(t, e.ClearSignin)
		r.session(old)
	}
}

// Security row 4.
func TestBeginRefusesForeignAddresses(t *testing.T) {
	r := newRig(t)
	for _, to := range []string{"//e", `/\e`, "%09//e", "\t//e", "https://app.example.com@e/", "https://u@app.example.com/", "https://app.example.com:444/"} {
		_, err := r.service.Begin(t.Context(), auth.BeginRequest{ReturnTo: to})
		r.code(err, storelink.ErrInvalid)
		var e *storelink.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "return_to", e.Fields[0].Pointer)
	}
	require.Zero(t, r.count(`SELECT count(*) FROM signins`))
	r.begin(auth.BeginRequest{ReturnTo: "https://app.example.com/x"})
}

func TestACallbackThatComesTooLate(t *testing.T) {
	r := newRig(t)
	withCookie, without := r.begin(auth.BeginRequest{ReturnTo: "/here"}), r.begin(auth.BeginRequest{ReturnTo: "/here"})
	r.later(10*time.Minute + time.Second)
	require.NoError(t, r.service.Sweep(t.Context()))
	_, err := r.service.Finish(t.Context(), withCookie.callback())
	require.Equal(t, "/here", r.refused(err, auth.SlugExpired).ReturnTo)
	without.secret = ""
	_, err = r.service.Finish(t.Context(), without.callback())
	require.Empty(t, r.refused(err, auth.SlugExpired).ReturnTo)
	require.Empty(t, r.up.asked())

	r.later(25 * time.Hour)
	require.NoError(t, r.service.Sweep(t.Context()))
	require.Zero(t, r.count(`SELECT count(*) FROM signins`))
}

// Security row 6.
func TestOneTokenCallPerCode(t *testing.T) {
	r := newRig(t, func(o *auth.Options) { o.TokenTimeout = 300 * time.Millisecond })
	hang := func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }
	drop := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for name, handle := range map[string]http.HandlerFunc{
		"400":          say(400, `{"message":"canary"}`),
		"401":          say(401, `{"error":"invalid_client","error_description":"canary"}`),
		"503":          say(503, `<html>canary</html>`),
		"200 HTML":     say(200, `<html>canary</html>`),
		"200 no token": say(200, `{"scope":"canary"}`),
		"200 mac":      say(200, `{"access_token":"canary","token_type":"mac"}`),
		"200 control":  say(200, "{\"access_token\":\"canary\\r\\nX: y\",\"token_type\":\"bearer\"}"),
		"too large":    say(200, `{"access_token":"canary","x":"`+strings.Repeat("x", 64<<10)+`"}`),
		"hang":         hang,
		"drop":         drop,
	} {
		r.up.set(func() { r.up.calls, r.up.handle = nil, handle })
		c := r.begin(auth.BeginRequest{ReturnTo: "/here"})
		_, err := r.service.Finish(t.Context(), c.callback())
		require.Equal(t, "/here", r.refused(err, auth.SlugFailed).ReturnTo, name)
		_, err = r.service.Finish(t.Context(), c.callback())
		r.refused(err, auth.SlugExpired)
		require.Len(t, r.up.asked(), 1, name)
		require.Equal(t, clientSecret, r.up.asked()[0].Get("client_secret"), name)
	}
	require.Zero(t, r.count(`SELECT count(*) FROM sessions`))
}

// Security row 7, token endpoint.
func TestARedirectOfTheTokenEndpointIsNotFollowed(t *testing.T) {
	r := newRig(t)
	var seen atomic.Int32
	second := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	defer second.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		r.up.set(func() {
			r.up.handle = func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, second.URL, status) }
		})
		_, err := r.service.Finish(t.Context(), r.begin(auth.BeginRequest{}).callback())
		r.refused(err, auth.SlugFailed)
	}
	require.Zero(t, seen.Load())
}

func TestWithoutItsOrganizationNobodyIsSignedIn(t *testing.T) {
	r := newRig(t)
	r.up.organizations = errors.New("upstream is away")
	_, err := r.service.Finish(t.Context(), r.begin(auth.BeginRequest{}).callback())
	r.refused(err, auth.SlugFailed)
	r.up.set(func() { r.up.organizations, r.up.organization = nil, "not-a-uuid" })
	_, err = r.service.Finish(t.Context(), r.begin(auth.BeginRequest{}).callback())
	r.refused(err, auth.SlugFailed)
	require.Zero(t, r.count(`SELECT count(*) FROM sessions`)+r.count(`SELECT count(*) FROM grants`))
}

// Security row 9.
func TestASignInIssuesANewSessionAndEndsTheOld(t *testing.T) {
	r := newRig(t)
	planted := r.signIn()
	c := r.begin(auth.BeginRequest{SessionCookie: planted})
	out, err := r.service.Finish(t.Context(), c.callback())
	require.NoError(t, err)
	require.NotEqual(t, planted, out.SessionCookie)
	r.session(out.SessionCookie)
	_, err = r.service.Session(t.Context(), planted)
	r.code(err, storelink.ErrNotSignedIn)

	invented := strings.Repeat("B", 42) + "A"
	out, err = r.service.Finish(t.Context(), r.begin(auth.BeginRequest{SessionCookie: invented}).callback())
	require.NoError(t, err)
	require.NotEqual(t, invented, out.SessionCookie)
	_, err = r.service.Session(t.Context(), invented)
	r.code(err, storelink.ErrNotSignedIn)
}

func TestScopesAndLifetimeThatAreNotSaid(t *testing.T) {
	r := newRig(t)
	r.up.scope, r.up.lifetime = "", 0
	g := r.session(r.signIn()).Grant
	require.Equal(t, []string{storelink.ScopeRead, storelink.ScopeConnect}, g.Scopes)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), g.ExpiresAt, time.Hour)
}
