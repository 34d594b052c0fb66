package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// client is an HTTP client that keeps its connections, and its cookies by host as browsers do on loopback: the standard
// jar keeps Secure cookies from http.
type client struct {
	origin string
	header http.Header // sent with every call
	http   *http.Client

	mu      sync.Mutex
	cookies map[string]map[string]string // host → name → value
}

type answer struct {
	from   string
	status int
	header http.Header
	body   []byte
}

func newClient(origin string) *client {
	c := &client{origin: origin, header: http.Header{}, cookies: map[string]map[string]string{}}
	c.http = &http.Client{
		Jar:           c,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// SetCookies is http.CookieJar's.
func (c *client) SetCookies(u *url.URL, cookies []*http.Cookie) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cookies[u.Hostname()] == nil {
		c.cookies[u.Hostname()] = map[string]string{}
	}
	for _, cookie := range cookies {
		if cookie.MaxAge < 0 {
			delete(c.cookies[u.Hostname()], cookie.Name)
		} else {
			c.cookies[u.Hostname()][cookie.Name] = cookie.Value
		}
	}
}

// Cookies is http.CookieJar's.
func (c *client) Cookies(u *url.URL) []*http.Cookie {
	c.mu.Lock()
	defer c.mu.Unlock()
	var cookies []*http.Cookie
	for name, value := range c.cookies[u.Hostname()] {
		cookies = append(cookies, &http.Cookie{Name: name, Value: value})
	}
	return cookies
}

// call sends a request below the origin, with body as JSON where there is one.
func (c *client) call(ctx context.Context, method, path string, body any) (answer, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return answer{}, fmt.Errorf("encode body: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.origin+path, content)
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	req.Header = c.header.Clone()
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.do(req)
}

func (c *client) do(req *http.Request) (answer, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: read the answer: %w", req.Method, req.URL.Path, err)
	}
	return answer{req.Method + " " + req.URL.Path, resp.StatusCode, resp.Header, content}, nil
}

// expect returns an error where the status is another.
func (a answer) expect(status int) error {
	if a.status != status {
		return fmt.Errorf("%s: status %d and not %d: %.300s", a.from, a.status, status, a.body)
	}
	return nil
}

var formField = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// consent follows redirects from an address, allows access on the sandbox's page, and returns the first address that
// begins with end.
func (c *client) consent(ctx context.Context, at, sandboxURL, end string) (*url.URL, error) {
	for range 10 {
		a, err := c.navigate(ctx, http.MethodGet, at, nil)
		if err != nil {
			return nil, err
		}
		if a.status == http.StatusOK && strings.HasPrefix(at, sandboxURL) {
			form := url.Values{"account": {account}, "decision": {"allow"}}
			for _, field := range formField.FindAllStringSubmatch(string(a.body), -1) {
				form.Set(field[1], field[2])
			}
			if a, err = c.navigate(ctx, http.MethodPost, sandboxURL+"/v1/auth/oauth2/consent", form); err != nil {
				return nil, err
			}
		}
		from, err := url.Parse(at)
		if err != nil {
			return nil, fmt.Errorf("follow a redirect: %w", err)
		}
		to, err := from.Parse(a.header.Get("Location"))
		if err != nil || a.header.Get("Location") == "" {
			return nil, fmt.Errorf("the sign-in ends at %s with status %d", from.Path, a.status)
		}
		if at = to.String(); strings.HasPrefix(at, end) {
			return to, nil
		}
	}
	return nil, errors.New("the sign-in goes round in circles")
}

func (c *client) navigate(ctx context.Context, method, address string, form url.Values) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	return c.do(req)
}

// signedIn returns the client of the page, which signs in where nobody has yet: the token endpoint allows few calls.
func (s *setup) signedIn(ctx context.Context) (*client, error) {
	if s.page != nil {
		return s.page, nil
	}
	page, err := s.signIn(ctx)
	if err != nil {
		return nil, err
	}
	s.page = page
	return page, nil
}

// at is the same page at the replica of another origin on this host: cookies do not tell ports apart.
func (c *client) at(origin string) *client {
	there := newClient(origin)
	there.header = c.header.Clone()
	there.header.Set("Origin", origin)
	c.mu.Lock()
	defer c.mu.Unlock()
	for host, cookies := range c.cookies {
		there.cookies[host] = maps.Clone(cookies)
	}
	return there
}

// signIn signs in to storelink as a browser would and returns a client that speaks as its page.
func (s *setup) signIn(ctx context.Context) (*client, error) {
	c := newClient(s.publicURL)
	c.header.Set("Sec-Fetch-Site", "same-origin")
	c.header.Set("Origin", s.publicURL)
	_, err := c.consent(ctx, s.publicURL+"/auth/login?return_to=/stores", s.sandboxURL, s.publicURL+"/stores")
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return c, nil
}

// directRedirect is where nobody listens: the code is taken from the address.
const directRedirect = "http://localhost:1/callback"

// signInDirectly gets an access token of the same account without storelink (RFC 6749 section 4.1, RFC 7636).
func (s *setup) signInDirectly(ctx context.Context) error {
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	const scopes = "organization.read organization.service_integration"
	query := url.Values{
		"client_id": {clientID}, "redirect_uri": {directRedirect}, "response_type": {"code"}, "scope": {scopes}, "state": {rand.Text()},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	c := newClient(s.sandboxURL)
	end, err := c.consent(ctx, s.sandboxURL+"/v1/auth/oauth2/authorize?"+query.Encode(), s.sandboxURL, directRedirect)
	if err != nil {
		return fmt.Errorf("sign in directly: %w", err)
	}
	a, err := c.navigate(ctx, http.MethodPost, s.sandboxURL+"/v1/auth/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {end.Query().Get("code")}, "redirect_uri": {directRedirect}, "scope": {scopes},
		"client_id": {clientID}, "client_secret": {s.secret}, "code_verifier": {verifier},
	})
	if err == nil {
		err = a.expect(http.StatusOK)
	}
	if err != nil {
		return fmt.Errorf("sign in directly: %w", err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(a.body, &token); err != nil {
		return fmt.Errorf("sign in directly: %w", err)
	}
	c.header.Set("Authorization", "Bearer "+token.AccessToken)
	s.direct = c
	return nil
}
