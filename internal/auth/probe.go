package auth

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"storelink"
)

// Probe asks upstream's OAuth endpoints how they take this application, without a user and without keeping anything.
type Probe struct {
	endpoint *endpoint
}

// NewProbe returns a probe of the endpoints and the application that the options name; the rest of them is not used.
func NewProbe(o Options) *Probe {
	if o.TokenTimeout <= 0 {
		o.TokenTimeout = 10 * time.Second
	}
	return &Probe{endpoint: newEndpoint(o)}
}

// ProbeAnswer is what an endpoint said, in words that are safe to show.
type ProbeAnswer struct {
	Status    int    // 0: no answer, and Reason says why
	Reason    string // of no answer
	Code      string // of RFC 6749 sections 4.1.2.1 and 5.2, where it is one of them
	SentBack  bool   // the authorize endpoint redirects to the redirect address: it refuses
	Tokens    bool   // the token endpoint gave a token, which is forgotten
	Date      time.Time
	AskedFrom time.Time // Date lies between these two, on a clock that is right
	AskedTo   time.Time
}

// Authorize asks for consent as a sign-in does, and follows the answer nowhere.
func (p *Probe) Authorize(ctx context.Context) ProbeAnswer {
	address := p.endpoint.authorizeURL(rand.Text(), oauth2.GenerateVerifier())
	answer, to, _ := p.ask(ctx, http.MethodGet, address, "")
	if to != nil && strings.HasPrefix(to.String(), p.endpoint.config.RedirectURL) {
		answer.SentBack, answer.Code = true, knownCode(to.Query().Get("error"))
	}
	return answer
}

// Client asks for a token of the application itself (RFC 6749 section 4.4), which shows whether id and secret fit. It is
// one call of the token endpoint.
func (p *Probe) Client(ctx context.Context) ProbeAnswer {
	config := p.endpoint.config
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {strings.Join(config.Scopes, " ")},
		"client_id": {config.ClientID}, "client_secret": {config.ClientSecret},
	}
	answer, _, body := p.ask(ctx, http.MethodPost, config.Endpoint.TokenURL, form.Encode())
	var said struct {
		Token string `json:"access_token"`
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) == nil {
		answer.Tokens, answer.Code = answer.Status == http.StatusOK && said.Token != "", knownCode(said.Error)
	}
	return answer
}

// ask sends once. It returns where the answer redirects to, nil for nowhere, and its body.
func (p *Probe) ask(ctx context.Context, method, address, form string) (ProbeAnswer, *url.URL, []byte) {
	ctx, cancel := context.WithTimeout(ctx, p.endpoint.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return ProbeAnswer{Reason: "the address cannot be used"}, nil, nil
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := ProbeAnswer{AskedFrom: time.Now()}
	resp, err := p.endpoint.client.Do(req)
	answer.AskedTo = time.Now()
	if err != nil {
		answer.Reason = Unreachable(ctx, err)
		return answer, nil, nil
	}
	defer resp.Body.Close()
	answer.Status = resp.StatusCode
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		answer.Date = date
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		body = nil // a body that breaks off changes nothing: the status is the answer
	}
	to, err := resp.Location()
	if err != nil {
		to = nil
	}
	return answer, to, body
}

// Unreachable says why a request got no answer, in words that hold no address.
func Unreachable(ctx context.Context, err error) string {
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	var netErr net.Error
	switch {
	case errors.As(err, &certificate):
		return "its certificate is not valid here"
	case errors.As(err, &dns):
		return "its name is not known here"
	case ctx.Err() != nil, errors.As(err, &netErr) && netErr.Timeout():
		return "no answer in time"
	}
	return "it cannot be reached"
}

// Opens reports whether the grant's sealed tokens open with the keyset: nil where they do.
func (s *Sealer) Opens(g storelink.SealedGrant) error {
	if _, err := s.Open(g.SealedAccess, g.ID, g.OrganizationID, fieldAccess); err != nil {
		return err
	}
	if g.SealedRefresh == nil {
		return nil
	}
	_, err := s.Open(g.SealedRefresh, g.ID, g.OrganizationID, fieldRefresh)
	return err
}

// Lacking returns which of the scopes that storelink needs are not among those given.
func Lacking(scopes []string) []string {
	var lacking []string
	for _, needed := range []string{storelink.ScopeRead, storelink.ScopeConnect} {
		if !slices.Contains(scopes, needed) {
			lacking = append(lacking, needed)
		}
	}
	return lacking
}
