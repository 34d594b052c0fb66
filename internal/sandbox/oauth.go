package sandbox

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	codeLifetime    = 60 * time.Second
	codeMemory      = time.Hour // how long a used code is remembered, to tell reuse from nonsense
	requestLifetime = 10 * time.Minute
	maxRequests     = 1000
)

// application is the one client that the sandbox knows.
type application struct {
	id, secret string
	redirects  map[string]bool
}

func newApplication(o Options) application {
	a := application{id: o.ClientID, secret: o.ClientSecret, redirects: map[string]bool{}}
	if a.id == "" {
		a.id = DefaultClientID
	}
	if a.secret == "" {
		a.secret = DefaultClientSecret
	}
	for _, uri := range o.RedirectURIs {
		a.redirects[uri] = true
	}
	return a
}

// AuthorizeRequest is an authorize call that was found good.
type AuthorizeRequest struct {
	ClientID    string
	RedirectURI string
	Scopes      []string
	State       string
	Challenge   string // S256; empty: no PKCE
}

// AuthorizeError is an authorize call that was refused. RedirectURI is empty where the browser must be shown the error and
// never be sent on (RFC 6749 section 4.1.2.1).
type AuthorizeError struct {
	Code        string
	Description string
	RedirectURI string
	State       string
}

// Error returns the description.
func (e *AuthorizeError) Error() string { return e.Description }

// Location is where the browser is sent with the error.
func (e *AuthorizeError) Location() string {
	v := url.Values{"error": {e.Code}, "error_description": {e.Description}}
	if e.State != "" {
		v.Set("state", e.State)
	}
	return withQuery(e.RedirectURI, v)
}

type authCode struct {
	Account     string    `json:"account"`
	RedirectURI string    `json:"redirectUri"`
	Challenge   string    `json:"challenge,omitempty"`
	Requested   []string  `json:"requested"`
	Granted     []string  `json:"granted"`
	ExpiresAt   time.Time `json:"expiresAt"`
	Used        bool      `json:"used"`
}

type pendingRequest struct {
	query     url.Values
	expiresAt time.Time
}

// AddRedirectURI makes the authorize endpoint accept uri, exactly as given.
func (c *Core) AddRedirectURI(uri string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.app.redirects[uri] = true
}

var authorizeParams = []string{"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"}

// CheckAuthorize checks the parameters of an authorize call. Its error is *AuthorizeError.
func (c *Core) CheckAuthorize(q url.Values) (AuthorizeRequest, error) {
	uri := q.Get("redirect_uri")
	c.mu.Lock()
	known, redirects := q.Get("client_id") == c.app.id, c.app.redirects[uri]
	c.mu.Unlock()
	switch {
	case !known || len(q["client_id"]) != 1:
		return AuthorizeRequest{}, &AuthorizeError{Code: "invalid_client", Description: "The application is not known."}
	case !redirects || len(q["redirect_uri"]) != 1:
		return AuthorizeRequest{}, &AuthorizeError{Code: "invalid_request", Description: "The redirect address is not registered for this application."}
	}
	if code, why := faultyAuthorize(q); code != "" {
		return AuthorizeRequest{}, &AuthorizeError{Code: code, Description: why, RedirectURI: uri, State: q.Get("state")}
	}
	return AuthorizeRequest{
		ClientID: q.Get("client_id"), RedirectURI: uri, Scopes: strings.Fields(q.Get("scope")),
		State: q.Get("state"), Challenge: q.Get("code_challenge"),
	}, nil
}

var challengeFormat = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func faultyAuthorize(q url.Values) (code, why string) {
	for _, name := range authorizeParams {
		if len(q[name]) > 1 {
			return "invalid_request", "A parameter is repeated: " + name
		}
	}
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	switch {
	case q.Get("response_type") == "":
		return "invalid_request", "response_type is required"
	case q.Get("response_type") != "code":
		return "unsupported_response_type", "response_type must be code"
	case q.Get("state") == "":
		return "invalid_request", "state is required"
	case !knownScopes(q.Get("scope")):
		return "invalid_scope", "scope is required, and every scope must be a known one"
	case challenge == "" && method != "":
		return "invalid_request", "code_challenge_method needs a code_challenge"
	case challenge != "" && method != "S256":
		return "invalid_request", "code_challenge_method must be S256"
	case challenge != "" && !challengeFormat.MatchString(challenge):
		return "invalid_request", "code_challenge is not an S256 challenge"
	}
	return "", ""
}

func knownScopes(scope string) bool {
	scopes := strings.Fields(scope)
	for _, s := range scopes {
		if s != ScopeRead && s != ScopeIntegration {
			return false
		}
	}
	return len(scopes) > 0
}

// OpenRequest keeps an authorize call for its consent page and returns the page's request id.
func (c *Core) OpenRequest(q url.Values) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	for id, r := range c.requests {
		if !now.Before(r.expiresAt) || len(c.requests) >= maxRequests {
			delete(c.requests, id)
		}
	}
	id := rand.Text()
	c.requests[id] = pendingRequest{query: q, expiresAt: now.Add(requestLifetime)}
	return id
}

// PendingRequest returns the parameters of an authorize call whose consent page is open, or false.
func (c *Core) PendingRequest(id string) (url.Values, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.requests[id]
	if !ok || !c.clock().Before(r.expiresAt) {
		return nil, false
	}
	return r.query, true
}

// Approve is the user's consent: it returns an authorization code, which lives for 60 s and works once. The account's
// user grants what they can of what was asked. Its error is *AuthorizeError.
func (c *Core) Approve(req AuthorizeRequest, accountName string) (string, error) {
	a := c.world.account(accountName)
	if a == nil {
		return "", &AuthorizeError{Code: "invalid_request", Description: "There is no such account."}
	}
	granted := intersect(a.scopes, req.Scopes)
	if len(granted) == 0 {
		return "", &AuthorizeError{Code: "invalid_scope", Description: "This user can grant none of the scopes.", RedirectURI: req.RedirectURI, State: req.State}
	}
	code := rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prune()
	c.codes[fingerprint(code)] = &authCode{
		Account: accountName, RedirectURI: req.RedirectURI, Challenge: req.Challenge,
		Requested: req.Scopes, Granted: granted, ExpiresAt: c.clock().Add(codeLifetime),
	}
	c.onChange()
	return code, nil
}

// prune forgets, once a minute, what can make no difference any more. It is called with mu held.
func (c *Core) prune() {
	now := c.clock()
	if now.Sub(c.prunedAt) < time.Minute {
		return
	}
	c.prunedAt = now
	for key, code := range c.codes {
		if now.Sub(code.ExpiresAt) > codeMemory {
			delete(c.codes, key)
		}
	}
	for key, t := range c.tokens {
		if !now.Before(t.ExpiresAt) {
			delete(c.tokens, key)
		}
	}
}

func intersect(a, b []string) []string {
	both := []string{}
	for _, s := range a {
		if slices.Contains(b, s) {
			both = append(both, s)
		}
	}
	return both
}

// withQuery adds to the query of a registered redirect address, which may have one already.
func withQuery(uri string, v url.Values) string {
	if strings.Contains(uri, "?") {
		return uri + "&" + v.Encode()
	}
	return uri + "?" + v.Encode()
}

func oauthRefusal(status int, code, message string, details ...Detail) *RefusalError {
	return &RefusalError{Status: status, Code: code, Message: message, Details: details}
}

func invalidRequest(attribute, why string) *RefusalError {
	return oauthRefusal(http.StatusBadRequest, "invalid_request", "The request is not valid.", Detail{attribute, why})
}
