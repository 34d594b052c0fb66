package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

const (
	authorizePath = "/v1/auth/oauth2/authorize"
	tokenPath     = "/v1/auth/token"
	bothScopes    = "organization.read organization.service_integration"
	verifier      = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// with copies v with the pairs set; a pair's empty value removes it.
func with(v url.Values, pairs ...string) url.Values {
	c := url.Values{}
	for name, values := range v {
		c[name] = append([]string{}, values...)
	}
	for i := 0; i < len(pairs); i += 2 {
		if c.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			c.Del(pairs[i])
		}
	}
	return c
}

func authorizeQuery(pairs ...string) url.Values {
	return with(url.Values{
		"client_id": {sandbox.DefaultClientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {bothScopes},
		"state": {"st/ate+1"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}, pairs...)
}

func exchangeForm(code string, pairs ...string) url.Values {
	return with(url.Values{
		"grant_type": {"authorization_code"}, "scope": {bothScopes}, "client_id": {sandbox.DefaultClientID},
		"client_secret": {sandbox.DefaultClientSecret}, "code": {code}, "redirect_uri": {redirectURI}, "code_verifier": {verifier},
	}, pairs...)
}

// code signs in as account and returns the code.
func (r *rig) code(account string, pairs ...string) string {
	r.t.Helper()
	answer := r.form("/v1/auth/oauth2/consent", with(authorizeQuery(pairs...), "account", account, "decision", "allow"))
	require.Equal(r.t, http.StatusFound, answer.status, answer.body)
	code := location(r.t, answer).Get("code")
	require.NotEmpty(r.t, code)
	return code
}

func location(t *testing.T, r reply) url.Values {
	t.Helper()
	u, err := url.Parse(r.header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, redirectURI, u.Scheme+"://"+u.Host+u.Path)
	return u.Query()
}

func TestAuthorizeRefuses(t *testing.T) {
	r := start(t, sandbox.Options{})
	shown := map[string][]string{
		"no client":            {"client_id", ""},
		"unknown client":       {"client_id", "other"},
		"no redirect":          {"redirect_uri", ""},
		"other redirect":       {"redirect_uri", "https://evil.example/auth/callback"},
		"redirect with suffix": {"redirect_uri", redirectURI + "/"},
		"redirect with query":  {"redirect_uri", redirectURI + "?a=b"},
	}
	for name, pairs := range shown {
		answer := r.do("GET", authorizePath+"?"+authorizeQuery(pairs...).Encode(), "")
		require.Equal(t, http.StatusBadRequest, answer.status, name)
		require.Empty(t, answer.header.Get("Location"), name)
		require.Contains(t, answer.header.Get("Content-Type"), "text/html", name)
	}
	sentBack := map[string]struct {
		pairs []string
		code  string
	}{
		"no response type":     {[]string{"response_type", ""}, "invalid_request"},
		"other response type":  {[]string{"response_type", "token"}, "unsupported_response_type"},
		"no scope":             {[]string{"scope", ""}, "invalid_scope"},
		"unknown scope":        {[]string{"scope", "organization.read everything"}, "invalid_scope"},
		"no state":             {[]string{"state", ""}, "invalid_request"},
		"plain challenge":      {[]string{"code_challenge_method", "plain"}, "invalid_request"},
		"no challenge method":  {[]string{"code_challenge_method", ""}, "invalid_request"},
		"method alone":         {[]string{"code_challenge", ""}, "invalid_request"},
		"misshapen challenge":  {[]string{"code_challenge", "short"}, "invalid_request"},
		"padded S256 challeng": {[]string{"code_challenge", challenge() + "="}, "invalid_request"},
	}
	for name, c := range sentBack {
		answer := r.do("GET", authorizePath+"?"+authorizeQuery(c.pairs...).Encode(), "")
		require.Equal(t, http.StatusFound, answer.status, name)
		require.Equal(t, c.code, location(t, answer).Get("error"), name)
		require.Equal(t, authorizeQuery(c.pairs...).Get("state"), location(t, answer).Get("state"), name)
	}
	repeated := r.do("GET", authorizePath+"?"+authorizeQuery().Encode()+"&state=2", "")
	require.Equal(t, "invalid_request", location(t, repeated).Get("error"))
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

func TestConsentPage(t *testing.T) {
	r := start(t, sandbox.Options{})
	answer := r.do("GET", authorizePath+"?"+authorizeQuery().Encode(), "")
	require.Equal(t, http.StatusFound, answer.status)
	page := r.do("GET", answer.header.Get("Location"), "")
	require.Equal(t, http.StatusOK, page.status)
	require.NotContains(t, page.body, "<script")
	require.NotContains(t, page.header.Get("Content-Security-Policy"), "form-action")
	for _, a := range r.Accounts() {
		require.Contains(t, page.body, `name="account" value="`+a.Name+`"`)
		require.Contains(t, page.body, html.EscapeString(a.OrganizationName))
	}
	form := url.Values{"account": {"small"}}
	for _, m := range hidden.FindAllStringSubmatch(page.body, -1) {
		form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}

	allowed := r.form("/v1/auth/oauth2/consent", with(form, "decision", "allow"))
	require.Equal(t, http.StatusFound, allowed.status)
	require.Equal(t, "st/ate+1", location(t, allowed).Get("state"))
	token := r.form(tokenPath, exchangeForm(location(t, allowed).Get("code")))
	require.Equal(t, http.StatusOK, token.status, token.body)

	denied := r.form("/v1/auth/oauth2/consent", with(form, "decision", "deny"))
	require.Equal(t, http.StatusFound, denied.status)
	require.Equal(t, "access_denied", location(t, denied).Get("error"))
	require.Equal(t, "st/ate+1", location(t, denied).Get("state"))
	require.False(t, location(t, denied).Has("code"))

	require.Equal(t, http.StatusBadRequest, r.form("/v1/auth/oauth2/consent", with(form, "decision", "maybe")).status)
	require.Equal(t, http.StatusBadRequest, r.form("/v1/auth/oauth2/consent", with(form, "decision", "allow", "account", "nobody")).status)
	require.Equal(t, http.StatusBadRequest, r.form("/v1/auth/oauth2/consent", with(form, "decision", "allow", "redirect_uri", "http://evil/")).status)
	require.Equal(t, http.StatusBadRequest, r.do("GET", "/v1/auth/oauth2/consent?request=unknown", "").status)
	r.clock.Advance(11 * time.Minute)
	require.Equal(t, http.StatusBadRequest, r.do("GET", answer.header.Get("Location"), "").status)
}

func TestTokenAnswer(t *testing.T) {
	r := start(t, sandbox.Options{})
	for account, want := range map[string]struct {
		seconds int
		scope   string
		refresh bool
	}{
		"small":       {2627999, bothScopes, false},
		"large":       {2627999, bothScopes, false},
		"empty":       {2627999, bothScopes, false},
		"read-only":   {2627999, "organization.read", false},
		"short-lived": {180, bothScopes, false},
		"refreshing":  {180, bothScopes, true},
	} {
		answer := r.form(tokenPath, exchangeForm(r.code(account)))
		require.Equal(t, http.StatusOK, answer.status, answer.body)
		require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
		body := answer.object(t)
		require.NotEmpty(t, body["access_token"])
		require.Contains(t, answer.body, fmt.Sprintf(`"expires_in":%d,`, want.seconds), account)
		require.Equal(t, want.scope, body["scope"], account)
		require.Equal(t, "bearer", body["token_type"], account)
		_, refresh := body["refresh_token"]
		require.Equal(t, want.refresh, refresh, account)
	}
}

func TestTokenRefuses(t *testing.T) {
	r := start(t, sandbox.Options{})
	r.AddRedirectURI(redirectURI + "2")
	cases := map[string]struct {
		pairs  []string
		status int
		code   string
	}{
		"no grant type":        {[]string{"grant_type", ""}, 400, "invalid_request"},
		"other grant type":     {[]string{"grant_type", "password"}, 400, "unsupported_grant_type"},
		"no scope":             {[]string{"scope", ""}, 400, "invalid_request"},
		"scope beyond":         {[]string{"scope", bothScopes + " more"}, 400, "invalid_scope"},
		"no code":              {[]string{"code", ""}, 400, "invalid_request"},
		"unknown code":         {[]string{"code", "nonsense"}, 400, "invalid_grant"},
		"no redirect":          {[]string{"redirect_uri", ""}, 400, "invalid_request"},
		"other redirect":       {[]string{"redirect_uri", redirectURI + "2"}, 400, "invalid_grant"},
		"no verifier":          {[]string{"code_verifier", ""}, 400, "invalid_grant"},
		"wrong verifier":       {[]string{"code_verifier", strings.Repeat("a", 43)}, 400, "invalid_grant"},
		"no client":            {[]string{"client_id", ""}, 401, "invalid_client"},
		"unknown client":       {[]string{"client_id", "other"}, 401, "invalid_client"},
		"no secret":            {[]string{"client_secret", ""}, 401, "invalid_client"},
		"wrong secret":         {[]string{"client_secret", "guess"}, 401, "invalid_client"},
		"credentials, scope":   {[]string{"grant_type", "client_credentials", "scope", ""}, 400, "invalid_request"},
		"credentials, unknown": {[]string{"grant_type", "client_credentials", "scope", "x"}, 400, "invalid_scope"},
		"no refresh token":     {[]string{"grant_type", "refresh_token"}, 400, "invalid_request"},
		"bad refresh token":    {[]string{"grant_type", "refresh_token", "refresh_token", "x"}, 400, "invalid_grant"},
	}
	for name, c := range cases {
		answer := r.form(tokenPath, exchangeForm(r.code("small"), c.pairs...))
		answer.requireError(t, c.status, "")
		require.Equal(t, c.code, answer.object(t)["error"], name)
	}
	json := r.do("POST", tokenPath, `{"grant_type":"client_credentials"}`, "Content-Type", "application/json")
	json.requireError(t, 400, "")
	repeated := r.do("POST", tokenPath, exchangeForm(r.code("small")).Encode()+"&scope=x", "Content-Type", "application/x-www-form-urlencoded")
	repeated.requireError(t, 400, "scope")
}

func TestVerifierWithoutChallengeIsRefused(t *testing.T) {
	r := start(t, sandbox.Options{})
	plain := []string{"code_challenge", "", "code_challenge_method", ""}
	r.form(tokenPath, exchangeForm(r.code("small", plain...))).requireError(t, 400, "")
	answer := r.form(tokenPath, exchangeForm(r.code("small", plain...), "code_verifier", ""))
	require.Equal(t, http.StatusOK, answer.status, "PKCE is optional")
}

func TestClientAuthentication(t *testing.T) {
	r := start(t, sandbox.Options{ClientID: "app:1", ClientSecret: "s+c/r =t"})
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"organization.read"}}
	good := basic("app:1", "s+c/r =t")
	require.Equal(t, 200, r.form(tokenPath, form, "Authorization", good).status)
	require.Equal(t, 200, r.form(tokenPath, with(form, "client_id", "app:1", "client_secret", "s+c/r =t")).status)

	wrong := r.form(tokenPath, form, "Authorization", basic("app:1", "guess"))
	wrong.requireError(t, 401, "")
	require.Equal(t, "Basic", wrong.header.Get("WWW-Authenticate"))
	twice := r.form(tokenPath, with(form, "client_id", "app:1", "client_secret", "s+c/r =t"), "Authorization", good)
	twice.requireError(t, 400, "client_secret")
}

func TestClientCredentialsNameNoUser(t *testing.T) {
	r := start(t, sandbox.Options{})
	answer := r.form(tokenPath, exchangeForm("", "grant_type", "client_credentials"))
	require.Equal(t, 200, answer.status)
	u := user{r, answer.text("access_token")}
	u.call("GET", "", "").requireError(t, 403, "")
}

func TestCodeLivesOnceAndShortly(t *testing.T) {
	r := start(t, sandbox.Options{})
	code := r.code("small")
	first := r.form(tokenPath, exchangeForm(code))
	require.Equal(t, 200, first.status)
	u := user{r, first.text("access_token")}
	require.Equal(t, 200, u.call("GET", "", "").status)
	again := r.form(tokenPath, exchangeForm(code))
	again.requireError(t, 400, "")
	require.Equal(t, "invalid_grant", again.object(t)["error"])
	u.call("GET", "", "").requireError(t, 401, "")

	guessed := r.code("small")
	r.form(tokenPath, exchangeForm(guessed, "code_verifier", strings.Repeat("b", 43))).requireError(t, 400, "")
	r.form(tokenPath, exchangeForm(guessed)).requireError(t, 400, "")

	inTime, late := r.code("small"), r.code("small")
	r.clock.Advance(59 * time.Second)
	require.Equal(t, 200, r.form(tokenPath, exchangeForm(inTime)).status)
	r.clock.Advance(time.Second)
	r.form(tokenPath, exchangeForm(late)).requireError(t, 400, "")
}

func TestScopesAreNarrowedByUserAndExchange(t *testing.T) {
	r := start(t, sandbox.Options{})
	narrow := r.form(tokenPath, exchangeForm(r.code("small"), "scope", "organization.read"))
	require.Equal(t, "organization.read", narrow.object(t)["scope"])

	cannot := r.form("/v1/auth/oauth2/consent",
		with(authorizeQuery("scope", "organization.service_integration"), "account", "read-only", "decision", "allow"))
	require.Equal(t, "invalid_scope", location(t, cannot).Get("error"))
	r.form(tokenPath, exchangeForm(r.code("small", "scope", "organization.read"))).requireError(t, 400, "")
}

func TestExpiryAndRefresh(t *testing.T) {
	r := start(t, sandbox.Options{})
	first := r.form(tokenPath, exchangeForm(r.code("refreshing")))
	u := user{r, first.text("access_token")}
	r.clock.Advance(179 * time.Second)
	require.Equal(t, 200, u.call("GET", "", "").status)
	r.clock.Advance(time.Second)
	u.call("GET", "", "").requireError(t, 401, "")

	refresh := func(token string, pairs ...string) reply {
		return r.form(tokenPath, with(url.Values{
			"grant_type": {"refresh_token"}, "client_id": {sandbox.DefaultClientID}, "client_secret": {sandbox.DefaultClientSecret},
			"refresh_token": {token},
		}, pairs...))
	}
	refresh(first.text("refresh_token"), "scope", "everything").requireError(t, 400, "")
	second := refresh(first.text("refresh_token"))
	require.Equal(t, 200, second.status, second.body)
	require.NotEqual(t, first.text("refresh_token"), second.text("refresh_token"), "rotates")
	u.token = second.text("access_token")
	require.Equal(t, 200, u.call("GET", "", "").status)
	old := refresh(first.text("refresh_token"))
	old.requireError(t, 400, "")
	require.Equal(t, "invalid_grant", old.object(t)["error"])
	require.Equal(t, 200, refresh(second.text("refresh_token"), "scope", bothScopes).status)

	r.RevokeTokens("refreshing")
	u.call("GET", "", "").requireError(t, 401, "")
}
