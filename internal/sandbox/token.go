package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The grant types of the token endpoint. GrantRefreshToken is not among the published ones: it works for tokens that came
// with a refresh token alone.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantClientCredentials = "client_credentials"
	GrantRefreshToken      = "refresh_token"
)

// TokenAnswer is the answer of the token endpoint. ExpiresIn is in seconds.
type TokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	Scope        string `json:"scope"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// Credentials are what a client sent in an Authorization header of the scheme Basic; nil: nothing.
type Credentials struct {
	ID, Secret string
}

type accessToken struct {
	Account   string    `json:"account"` // empty: the application itself
	Scopes    []string  `json:"scopes"`
	ExpiresAt time.Time `json:"expiresAt"`
	Family    string    `json:"family,omitempty"` // the code that it goes back to
}

type refreshToken struct {
	Account string   `json:"account"`
	Scopes  []string `json:"scopes"`
	Family  string   `json:"family"`
}

// Token answers a call of the token endpoint. Its refusals are 400 and 401, with a code of RFC 6749 section 5.2.
func (c *Core) Token(form url.Values, basic *Credentials) (TokenAnswer, error) {
	for name, values := range form {
		if len(values) > 1 {
			return TokenAnswer{}, invalidRequest(name, "is repeated")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.app.authenticate(form, basic); err != nil {
		return TokenAnswer{}, err
	}
	switch form.Get("grant_type") {
	case GrantAuthorizationCode:
		return c.exchange(form)
	case GrantClientCredentials:
		return c.clientCredentials(form)
	case GrantRefreshToken:
		return c.refresh(form)
	case "":
		return TokenAnswer{}, invalidRequest("grant_type", "is required")
	}
	return TokenAnswer{}, oauthRefusal(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported.")
}

func (a application) authenticate(form url.Values, basic *Credentials) error {
	given := Credentials{ID: form.Get("client_id"), Secret: form.Get("client_secret")}
	if basic != nil {
		if form.Has("client_secret") || form.Has("client_id") && given.ID != basic.ID {
			return invalidRequest("client_secret", "the client must authenticate in one way only")
		}
		given = *basic
	}
	idOK := subtle.ConstantTimeCompare([]byte(given.ID), []byte(a.id))
	secretOK := subtle.ConstantTimeCompare([]byte(given.Secret), []byte(a.secret))
	if idOK&secretOK != 1 {
		return oauthRefusal(http.StatusUnauthorized, "invalid_client", "The client could not be authenticated.")
	}
	return nil
}

func (c *Core) exchange(form url.Values) (TokenAnswer, error) {
	for _, name := range []string{"code", "redirect_uri", "scope"} {
		if form.Get(name) == "" {
			return TokenAnswer{}, invalidRequest(name, "is required")
		}
	}
	key := fingerprint(form.Get("code"))
	code, ok := c.codes[key]
	if !ok {
		return TokenAnswer{}, invalidGrant("The code is not known.")
	}
	if code.Used {
		c.revoke(func(family, _ string) bool { return family == key })
		return TokenAnswer{}, invalidGrant("The code was used before. What it gave is revoked.")
	}
	// A code is spent by the first try, whatever comes of it: who guessed a verifier gets no second guess.
	code.Used = true
	c.onChange()
	if err := code.check(form, c.clock()); err != nil {
		return TokenAnswer{}, err
	}
	scopes := intersect(code.Granted, strings.Fields(form.Get("scope")))
	if len(scopes) == 0 {
		return TokenAnswer{}, oauthRefusal(http.StatusBadRequest, "invalid_scope", "The user granted none of the scopes.")
	}
	return c.issue(c.world.account(code.Account), scopes, key), nil
}

func (code *authCode) check(form url.Values, now time.Time) error {
	switch {
	case !now.Before(code.ExpiresAt):
		return invalidGrant("The code has expired.")
	case form.Get("redirect_uri") != code.RedirectURI:
		return invalidGrant("The redirect address is not the one of the authorization.")
	case !subset(form.Get("scope"), code.Requested):
		return oauthRefusal(http.StatusBadRequest, "invalid_scope", "The scope goes beyond the authorization.")
	}
	return checkVerifier(code.Challenge, form.Get("code_verifier"))
}

var verifierFormat = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// checkVerifier also refuses a verifier without a challenge, which is a PKCE downgrade (RFC 9700 section 4.8.2).
func checkVerifier(challenge, verifier string) error {
	if challenge == "" && verifier == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(verifier))
	if !verifierFormat.MatchString(verifier) || base64.RawURLEncoding.EncodeToString(sum[:]) != challenge {
		return invalidGrant("The code verifier does not match.")
	}
	return nil
}

func (c *Core) clientCredentials(form url.Values) (TokenAnswer, error) {
	if form.Get("scope") == "" {
		return TokenAnswer{}, invalidRequest("scope", "is required")
	}
	if !knownScopes(form.Get("scope")) {
		return TokenAnswer{}, oauthRefusal(http.StatusBadRequest, "invalid_scope", "A scope is not known.")
	}
	return c.issue(nil, strings.Fields(form.Get("scope")), ""), nil
}

func (c *Core) refresh(form url.Values) (TokenAnswer, error) {
	if form.Get("refresh_token") == "" {
		return TokenAnswer{}, invalidRequest("refresh_token", "is required")
	}
	key := fingerprint(form.Get("refresh_token"))
	old, ok := c.refreshes[key]
	if !ok {
		return TokenAnswer{}, invalidGrant("The refresh token is not known.")
	}
	scopes := old.Scopes
	if form.Get("scope") != "" {
		if !subset(form.Get("scope"), old.Scopes) {
			return TokenAnswer{}, oauthRefusal(http.StatusBadRequest, "invalid_scope", "The scope goes beyond the grant.")
		}
		scopes = strings.Fields(form.Get("scope"))
	}
	delete(c.refreshes, key)
	return c.issue(c.world.account(old.Account), scopes, old.Family), nil
}

// issue makes a token for the account, or for the application where that is nil. It is called with mu held.
func (c *Core) issue(a *account, scopes []string, family string) TokenAnswer {
	c.prune()
	answer := TokenAnswer{
		AccessToken: rand.Text() + rand.Text(), Scope: strings.Join(scopes, " "), TokenType: "bearer",
		ExpiresIn: int64(usualLifetime / time.Second),
	}
	t := &accessToken{Scopes: scopes, Family: family}
	if a != nil {
		t.Account = a.Name
		answer.ExpiresIn = int64(a.lifetime / time.Second)
		if a.refreshes {
			answer.RefreshToken = rand.Text() + rand.Text()
			c.refreshes[fingerprint(answer.RefreshToken)] = &refreshToken{Account: a.Name, Scopes: scopes, Family: family}
		}
	}
	t.ExpiresAt = c.clock().Add(time.Duration(answer.ExpiresIn) * time.Second)
	c.tokens[fingerprint(answer.AccessToken)] = t
	c.onChange()
	return answer
}

// IssueToken gives out a token as if the account's user had just consented to everything they can.
func (c *Core) IssueToken(accountName string) (TokenAnswer, error) {
	a := c.world.account(accountName)
	if a == nil {
		return TokenAnswer{}, errors.New("no such account")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.issue(a, a.scopes, ""), nil
}

// RevokeTokens ends every token and refresh token of the account.
func (c *Core) RevokeTokens(accountName string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoke(func(_, account string) bool { return account == accountName })
}

func (c *Core) revoke(match func(family, account string) bool) {
	for key, t := range c.tokens {
		if match(t.Family, t.Account) {
			delete(c.tokens, key)
		}
	}
	for key, t := range c.refreshes {
		if match(t.Family, t.Account) {
			delete(c.refreshes, key)
		}
	}
	c.onChange()
}

func subset(scope string, of []string) bool {
	return !slices.ContainsFunc(strings.Fields(scope), func(s string) bool { return !slices.Contains(of, s) })
}

func invalidGrant(message string) *RefusalError {
	return oauthRefusal(http.StatusBadRequest, "invalid_grant", message)
}
