package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// browser is an HTTP client that does what a browser does where it matters here: it keeps cookies by host and sends
// Origin and Sec-Fetch-Site. The standard cookie jar keeps Secure cookies from http, which browsers do not on loopback.
type browser struct {
	origin string
	client *http.Client

	mu      sync.Mutex
	cookies map[string]map[string]string // host → name → value
}

// answer is what a call came to.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newBrowser(origin string) *browser {
	b := &browser{origin: origin, cookies: map[string]map[string]string{}}
	b.client = &http.Client{
		Jar:           b,
		Timeout:       60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// SetCookies keeps cookies by host. It is http.CookieJar's.
func (b *browser) SetCookies(u *url.URL, cookies []*http.Cookie) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cookies[u.Hostname()] == nil {
		b.cookies[u.Hostname()] = map[string]string{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(b.cookies[u.Hostname()], c.Name)
		} else {
			b.cookies[u.Hostname()][c.Name] = c.Value
		}
	}
}

// Cookies returns the host's cookies. It is http.CookieJar's.
func (b *browser) Cookies(u *url.URL) []*http.Cookie {
	b.mu.Lock()
	defer b.mu.Unlock()
	var cookies []*http.Cookie
	for name, value := range b.cookies[u.Hostname()] {
		cookies = append(cookies, &http.Cookie{Name: name, Value: value})
	}
	return cookies
}

// call sends a request as a script of the page would, with body as JSON where there is one.
func (b *browser) call(ctx context.Context, method, path string, body any, headers ...string) (answer, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return answer{}, fmt.Errorf("encode body: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.origin+path, content)
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		req.Header.Set("Origin", b.origin)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return b.do(req)
}

func (b *browser) do(req *http.Request) (answer, error) {
	resp, err := b.client.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: read the answer: %w", req.Method, req.URL.Path, err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: content}, nil
}

// into decodes the answer's JSON.
func (a answer) into(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return fmt.Errorf("status %d, and no JSON: %w", a.status, err)
	}
	return nil
}

// maxHops is how many redirects a sign-in may take.
const maxHops = 10

// signIn begins at storelink, consents upstream with the account, and returns the path where it ended.
func (b *browser) signIn(ctx context.Context, account, decision, returnTo string) (string, error) {
	at := b.origin + "/auth/login?return_to=" + url.QueryEscape(returnTo)
	for range maxHops {
		a, err := b.navigate(ctx, http.MethodGet, at, nil)
		if err != nil {
			return "", err
		}
		if a.status == http.StatusOK && !strings.HasPrefix(at, b.origin) {
			if a, err = b.consent(ctx, at, a, account, decision); err != nil {
				return "", err
			}
		}
		location := a.header.Get("Location")
		if location == "" {
			return strings.TrimPrefix(at, b.origin), nil
		}
		if at, err = resolve(at, location); err != nil {
			return "", err
		}
		if strings.HasPrefix(at, b.origin) && !strings.HasPrefix(at, b.origin+"/auth/") {
			return strings.TrimPrefix(at, b.origin), nil
		}
	}
	return "", errors.New("the sign-in goes round in circles")
}

var formField = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// consent fills in the upstream's page.
func (b *browser) consent(ctx context.Context, page string, a answer, account, decision string) (answer, error) {
	form := url.Values{"account": {account}, "decision": {decision}}
	for _, field := range formField.FindAllStringSubmatch(string(a.body), -1) {
		form.Set(field[1], field[2])
	}
	action, err := resolve(page, "/v1/auth/oauth2/consent")
	if err != nil {
		return answer{}, err
	}
	return b.navigate(ctx, http.MethodPost, action, form)
}

func (b *browser) navigate(ctx context.Context, method, address string, form url.Values) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	return b.do(req)
}

func resolve(base, location string) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("follow redirect: %w", err)
	}
	to, err := from.Parse(location)
	if err != nil {
		return "", fmt.Errorf("follow redirect: %w", err)
	}
	return to.String(), nil
}
