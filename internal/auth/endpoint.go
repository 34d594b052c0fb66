package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"storelink"
)

// unknownLifetime is taken for the life of a token that does not say: a day, far below upstream's usual 30, since a
// token that is believed too long is noticed only when a call fails.
const unknownLifetime = 24 * time.Hour

// maxLifetime keeps a nonsensical answer from overflowing dates.
const maxLifetime = 10 * 365 * 24 * time.Hour

const maxTokenAnswer = 64 << 10

// endpoint speaks to upstream's authorize and token endpoints (RFC 6749 sections 4.1 and 6, RFC 7636).
type endpoint struct {
	config  oauth2.Config
	client  *http.Client
	timeout time.Duration
	metrics *Metrics
	tracer  trace.Tracer
}

// tokens is a token answer. It is never printed.
type tokens struct {
	access   string
	refresh  string
	scopes   []string
	lifetime time.Duration
}

// tokenError says how a token call failed, in words of ours: the library's text holds the answer's body.
type tokenError struct {
	status  int    // 0: no answer
	code    string // RFC 6749 section 5.2, else empty
	timeout bool
	reason  string
}

// Error names status and code.
func (e *tokenError) Error() string {
	switch {
	case e.status != 0 && e.code != "":
		return fmt.Sprintf("token endpoint: status %d, %s", e.status, e.code)
	case e.status != 0:
		return fmt.Sprintf("token endpoint: status %d", e.status)
	}
	return "token endpoint: " + e.reason
}

// ends reports whether a refresh answered so will never succeed.
func (e *tokenError) ends() bool {
	return e.status == http.StatusBadRequest || e.status == http.StatusUnauthorized || e.code == "invalid_grant"
}

func newEndpoint(o Options) *endpoint {
	transport := o.Transport
	if transport == nil {
		// A connection for each of three calls a minute: none is ever sent again because an old connection broke.
		transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: o.TokenTimeout}).DialContext,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	return &endpoint{
		config: oauth2.Config{
			ClientID:     o.ClientID,
			ClientSecret: o.ClientSecret,
			RedirectURL:  o.RedirectURL,
			Scopes:       slices.Clone(o.Scopes),
			Endpoint: oauth2.Endpoint{
				AuthURL:  o.AuthorizeURL,
				TokenURL: o.TokenURL,
				// Named, since finding it out would send a failing code twice.
				AuthStyle: oauth2.AuthStyleInParams,
			},
		},
		client: &http.Client{
			Transport:     boundedTransport{transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: o.TokenTimeout,
		tracer:  newTracer(o.Traces),
		metrics: o.Metrics,
	}
}

// authorizeURL returns where consent is given.
func (e *endpoint) authorizeURL(state, verifier string) string {
	return e.config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
}

// exchange sends the code once.
func (e *endpoint) exchange(ctx context.Context, code, verifier string) (got tokens, err error) {
	defer e.measure(ctx, "authorization_code", &err)()
	ctx, cancel := e.context(ctx)
	defer cancel()
	token, err := e.config.Exchange(ctx, code, oauth2.VerifierOption(verifier),
		oauth2.SetAuthURLParam("scope", strings.Join(e.config.Scopes, " ")))
	if err != nil {
		return tokens{}, mapTokenError(ctx, err)
	}
	return readTokens(token, e.config.Scopes)
}

// refresh sends the refresh token once. The library's own refresh cannot name a scope, which upstream demands of every
// token call; its client credentials call can, and lets the grant type be another.
func (e *endpoint) refresh(ctx context.Context, refreshToken string, scopes []string) (got tokens, err error) {
	defer e.measure(ctx, "refresh_token", &err)()
	ctx, cancel := e.context(ctx)
	defer cancel()
	config := clientcredentials.Config{
		ClientID:     e.config.ClientID,
		ClientSecret: e.config.ClientSecret,
		TokenURL:     e.config.Endpoint.TokenURL,
		AuthStyle:    e.config.Endpoint.AuthStyle,
		Scopes:       scopes,
		EndpointParams: url.Values{
			"grant_type":    {"refresh_token"},
			"refresh_token": {refreshToken},
		},
	}
	token, err := config.Token(ctx)
	if err != nil {
		return tokens{}, mapTokenError(ctx, err)
	}
	return readTokens(token, scopes)
}

// measure counts a call, and makes a span of it, from now to when the function that it returns is called, by the error there.
func (e *endpoint) measure(ctx context.Context, grantType string, err *error) func() {
	began := time.Now()
	span := e.beginSpan(ctx, grantType)
	return func() {
		e.metrics.called(began, grantType, *err)
		endSpan(span, *err)
	}
}

func (e *endpoint) context(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, e.client), e.timeout)
}

// readTokens checks a token answer. Scopes that it does not name are those asked for (RFC 6749 section 5.1).
func readTokens(t *oauth2.Token, asked []string) (tokens, error) {
	if strings.ContainsFunc(t.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return tokens{}, &tokenError{reason: "a token that no header can carry"}
	}
	if t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return tokens{}, &tokenError{reason: "a token that is not a bearer token"}
	}
	out := tokens{access: t.AccessToken, refresh: t.RefreshToken, scopes: asked, lifetime: unknownLifetime}
	if scope, ok := t.Extra("scope").(string); ok && strings.TrimSpace(scope) != "" {
		out.scopes = storelink.SplitScopes(scope)
	}
	if life := time.Until(t.Expiry).Round(time.Second); !t.Expiry.IsZero() && life > 0 {
		out.lifetime = min(life, maxLifetime)
	}
	return out, nil
}

func mapTokenError(ctx context.Context, err error) error {
	var answered *oauth2.RetrieveError
	var netErr net.Error
	switch {
	case errors.As(err, &answered) && answered.Response != nil:
		return &tokenError{status: answered.Response.StatusCode, code: knownCode(answered.ErrorCode)}
	case ctx.Err() != nil, errors.As(err, &netErr) && netErr.Timeout():
		return &tokenError{timeout: true, reason: "no answer in time"}
	case errors.As(err, &netErr):
		return &tokenError{reason: "cannot be reached"}
	}
	return &tokenError{reason: "an answer that cannot be read"}
}

// knownCode lets through only the codes of RFC 6749 section 5.2: the field may hold anything.
func knownCode(code string) string {
	known := []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
		"unsupported_grant_type", "invalid_scope"}
	if slices.Contains(known, code) {
		return code
	}
	return ""
}

// boundedTransport cuts answers off at maxTokenAnswer.
type boundedTransport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxTokenAnswer), resp.Body}
	return resp, nil
}
