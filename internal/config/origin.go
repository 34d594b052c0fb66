package config

import (
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/net/publicsuffix"
)

func (s *Settings) readFiles() []error {
	var problems []error
	for _, f := range []struct {
		name, path string
		value      *string
	}{
		{"STORELINK_DATABASE_URL", s.Files.DatabaseURLFile, &s.DatabaseURL},
		{"STORELINK_CLIENT_SECRET", s.Files.ClientSecretFile, &s.ClientSecret},
		{"STORELINK_KEYSET", s.Files.KeysetFile, &s.Keyset},
		{"STORELINK_WEBHOOK_SECRETS", s.Files.WebhookSecretsFile, &s.WebhookSecrets},
		{"STORELINK_ADMIN_TOKENS", s.Files.AdminTokensFile, &s.AdminTokens},
	} {
		if f.path == "" {
			continue
		}
		if *f.value != "" {
			problems = append(problems, &Error{f.name, "is given twice: as itself and as " + f.name + "_FILE"})
			continue
		}
		content, err := os.ReadFile(f.path)
		if err != nil {
			problems = append(problems, &Error{f.name + "_FILE", "must be the path of a readable file"})
			continue
		}
		*f.value = strings.TrimSpace(string(content))
	}
	return problems
}

// checkAddresses looks at the form alone: whether a port is free shows when it is opened.
func (s *Settings) checkAddresses() error {
	for _, address := range []struct{ name, value string }{
		{"STORELINK_PUBLIC_ADDR", s.PublicAddr}, {"STORELINK_INTERNAL_ADDR", s.InternalAddr},
	} {
		_, port, err := net.SplitHostPort(address.value)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return &Error{address.name, "must be host:port or :port, such as 127.0.0.1:8080"}
		}
	}
	return nil
}

func (s *Settings) checkDatabaseURL() error {
	if _, err := pgxpool.ParseConfig(s.DatabaseURL); err != nil {
		return &Error{"STORELINK_DATABASE_URL", "must be the address of a Postgres database, such as postgres://user:password@host:5432/name"}
	}
	return nil
}

func (s *Settings) checkPublicURL() error {
	s.checked.publicURL = nil
	u, err := parseOrigin(s.PublicURL)
	if err != nil {
		return &Error{"STORELINK_PUBLIC_URL", "must be an origin such as https://stores.example.com, or http on a loopback name"}
	}
	s.checked.publicURL = u
	return nil
}

func (s *Settings) checkInternalURL() error {
	s.checked.internalURL = nil
	address := s.InternalURL
	if address == "" {
		address = "http://localhost"
		if host, port, err := net.SplitHostPort(s.InternalAddr); err == nil {
			if !loopback(host) {
				host = "localhost"
			}
			address = "http://" + net.JoinHostPort(host, port)
		}
	}
	u, err := parseOrigin(address)
	if err != nil {
		return &Error{"STORELINK_INTERNAL_URL", "must be an origin such as https://storelink.internal, or http on a loopback name"}
	}
	s.checked.internalURL = u
	return nil
}

func (s *Settings) checkUpstreamURLs() error {
	s.UpstreamURL = strings.TrimRight(s.UpstreamURL, "/")
	if s.AuthorizeURL == "" {
		s.AuthorizeURL = s.UpstreamURL + "/v1/auth/oauth2/authorize"
	}
	if s.TokenURL == "" {
		s.TokenURL = s.UpstreamURL + "/v1/auth/token"
	}
	for _, address := range []struct{ name, value string }{
		{"STORELINK_UPSTREAM_URL", s.UpstreamURL}, {"STORELINK_AUTHORIZE_URL", s.AuthorizeURL}, {"STORELINK_TOKEN_URL", s.TokenURL},
	} {
		u, err := url.Parse(address.value)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !secure(u) {
			return &Error{address.name, "must be an https URL, or http on loopback, without credentials and query"}
		}
	}
	return nil
}

// checkOrigins refuses origins of another site: their requests would not carry the session's strict cookie.
func (s *Settings) checkOrigins() error {
	if s.checked.publicURL == nil {
		return nil // and that is named already
	}
	site := siteOf(s.checked.publicURL)
	for _, origin := range split(s.TrustedOrigins) {
		u, err := parseOrigin(origin)
		if err != nil || u.String() != origin {
			return &Error{"STORELINK_TRUSTED_ORIGINS", "must be origins such as https://pos.example.com, exactly as browsers send them"}
		}
		if siteOf(u) != site {
			return &Error{"STORELINK_TRUSTED_ORIGINS", "must be https and of the same site as STORELINK_PUBLIC_URL"}
		}
	}
	return nil
}

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (s *Settings) checkLook() error {
	if s.AppAccent != "" && !colour.MatchString(s.AppAccent) {
		return &Error{"STORELINK_APP_ACCENT", "must be a colour such as #0a7f5a"}
	}
	if s.AppLogo != "" && (!strings.HasPrefix(s.AppLogo, "/") || strings.HasPrefix(s.AppLogo, "//")) {
		return &Error{"STORELINK_APP_LOGO", "must be a path on the public origin: pages load nothing from elsewhere"}
	}
	return nil
}

// TracesURL returns where traces go; "": nowhere.
func (s *Settings) TracesURL() string {
	if s.TracesEndpoint == "" && s.OTLPEndpoint != "" {
		return strings.TrimRight(s.OTLPEndpoint, "/") + "/v1/traces"
	}
	return s.TracesEndpoint
}

func (s *Settings) checkTraces() error {
	for _, address := range []struct{ name, value string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", s.OTLPEndpoint}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", s.TracesEndpoint},
	} {
		if address.value == "" {
			continue
		}
		u, err := url.Parse(address.value)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
			return &Error{address.name, "must be an http or https URL without credentials and query, such as http://localhost:4318"}
		}
	}
	return nil
}

// parseOrigin accepts scheme, host and port alone, https or http on loopback.
func parseOrigin(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil {
		return nil, err
	}
	if u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || !secure(u) {
		return nil, &Error{"origin", "is not one"}
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

func secure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// siteOf returns what browsers call the site: the scheme and the registrable domain.
func siteOf(u *url.URL) string {
	host := u.Hostname()
	if loopback(host) {
		return u.Scheme + "://" + host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		domain = host
	}
	return u.Scheme + "://" + domain
}
