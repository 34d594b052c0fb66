package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"storelink/internal/auth"
)

const (
	certificateLeft = 14 * 24 * time.Hour
	signInCookie    = "__Host-storelink-signin"
)

// examinePublicURL looks at the service as a browser does: through whatever stands before it.
func (d *doctor) examinePublicURL(ctx context.Context) {
	if !d.usable("public URL", "STORELINK_PUBLIC_URL") {
		return
	}
	origin := d.settings.PublicOrigin().String()
	if len(d.settings.Webhooks()) == 0 {
		d.warn("webhook address", "register the address at Otter and set STORELINK_WEBHOOK_SECRETS to the endpoint's secret",
			"%s/webhooks/otter takes none: no secret is set, so changes at Otter are found by looks for drift alone", origin)
	} else {
		d.ok("webhook address", "%s/webhooks/otter is what has to be registered", origin)
	}
	client := &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: d.roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := fetch(ctx, client, origin+"/api/session")
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		d.fail("public URL", "see that the certificate is for this name, not expired, and sent with its chain", "browsers refuse it: %s", auth.Unreachable(ctx, err))
		return
	case err != nil:
		d.warn("public URL", "start the service and its proxy, or ask from where browsers are", "not checked: %s", auth.Unreachable(ctx, err))
		return
	}
	if d.judgeSession(r) {
		d.judgeTLS(r)
		d.examineCookies(ctx, client, origin)
	}
}

// judgeSession reports whether the service is what answers.
func (d *doctor) judgeSession(r reply) bool {
	const check = "public URL"
	var session struct {
		SignedIn *bool `json:"signedIn"`
	}
	switch {
	case r.status == http.StatusMisdirectedRequest:
		d.fail(check, "let the proxy pass the Host on unchanged", "the service does not see the Host that browsers send")
	case r.status == http.StatusBadGateway || r.status == http.StatusServiceUnavailable || r.status == http.StatusGatewayTimeout:
		d.fail(check, "see that the service is ready (`storelink health`) and that the proxy reaches its public listener", "the proxy answers %d", r.status)
	case r.status != http.StatusOK || json.Unmarshal(r.body, &session) != nil || session.SignedIn == nil:
		d.fail(check, "see where the name leads, and that the proxy passes every path on to the public listener", "something else than storelink answers (%d)", r.status)
	default:
		d.ok(check, "storelink answers")
		return true
	}
	return false
}

func (d *doctor) judgeTLS(r reply) {
	const check = "TLS"
	if r.tls == nil {
		d.ok(check, "none: http on loopback, for development")
		return
	}
	left := time.Until(r.tls.PeerCertificates[0].NotAfter)
	switch {
	case left < certificateLeft:
		d.warn(check, "renew the certificate", "the certificate ends in %d days", int(left.Hours()/24))
	case r.header.Get("Strict-Transport-Security") == "":
		d.warn(check, "let the proxy pass the service's headers on", "Strict-Transport-Security is missing")
	default:
		d.ok(check, "the certificate is valid for %d days", int(left.Hours()/24))
	}
}

// examineCookies asks for the end of a sign-in that does not exist: its cookie is taken back with the attributes that it
// is set with, and nothing is written.
func (d *doctor) examineCookies(ctx context.Context, client *http.Client, origin string) {
	const check = "cookies"
	do := "let the proxy pass Set-Cookie on unchanged"
	r, err := fetch(ctx, client, origin+"/auth/wait")
	if err != nil {
		d.fail(check, "see that the proxy passes /auth on", "/auth does not answer: %s", auth.Unreachable(ctx, err))
		return
	}
	for _, c := range r.cookies {
		if c.Name != signInCookie {
			continue
		}
		if !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			d.fail(check, do, "they do not arrive as they were set: browsers drop them, and nobody can sign in")
			return
		}
		d.ok(check, "arrive as they were set")
		return
	}
	d.fail(check, do, "they do not arrive: nobody can sign in")
}

// reply is what is looked at of an answer.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	tls     *tls.ConnectionState // nil: plain http
	body    []byte
}

func fetch(ctx context.Context, client *http.Client, address string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return reply{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		body = nil // what broke off is not what was expected
	}
	return reply{status: resp.StatusCode, header: resp.Header, cookies: resp.Cookies(), tls: resp.TLS, body: body}, nil
}
