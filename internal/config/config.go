// Package config holds the settings of `storelink serve`: one struct, its environment names, defaults and checks.
package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Roles of admin tokens.
const (
	RoleRead    = "read"
	RoleOperate = "operate"
	RoleConnect = "connect"
)

// Settings is everything that a deployment sets. Each secret may be given as NAME_FILE instead, a path whose content it is.
type Settings struct {
	PublicAddr      string        `name:"public-addr" env:"STORELINK_PUBLIC_ADDR" default:":8080" help:"Where the public listener listens."`
	InternalAddr    string        `name:"internal-addr" env:"STORELINK_INTERNAL_ADDR" default:"127.0.0.1:8081" help:"Where the internal listener listens."`
	PublicURL       string        `name:"public-url" env:"STORELINK_PUBLIC_URL" help:"The origin that browsers see: https, or http on a loopback name. The redirect URI is it + /auth/callback. Required."`
	InternalURL     string        `name:"internal-url" env:"STORELINK_INTERNAL_URL" help:"How browsers reach the console: https, or http on a loopback name. Default: the internal address over http, or localhost with its port."`
	DatabaseURL     string        `name:"database-url" env:"STORELINK_DATABASE_URL" help:"Address of the Postgres database. Required."`
	UpstreamURL     string        `name:"upstream-url" env:"STORELINK_UPSTREAM_URL" help:"Base URL of the upstream API: https, or http on loopback. Required."`
	AuthorizeURL    string        `name:"authorize-url" env:"STORELINK_AUTHORIZE_URL" help:"Default: /v1/auth/oauth2/authorize under the upstream URL."`
	TokenURL        string        `name:"token-url" env:"STORELINK_TOKEN_URL" help:"Default: /v1/auth/token under the upstream URL."`
	ClientID        string        `name:"client-id" env:"STORELINK_CLIENT_ID" help:"The application's OAuth client id. Required."`
	ClientSecret    string        `name:"client-secret" env:"STORELINK_CLIENT_SECRET" help:"The application's OAuth client secret. Required."`
	Scopes          string        `name:"scopes" env:"STORELINK_SCOPES" default:"organization.read organization.service_integration" help:"Scopes to ask for, space separated."`
	Keyset          string        `name:"keyset" env:"STORELINK_KEYSET" help:"Tink keyset that seals tokens: JSON, base64. Required."`
	AdminTokens     string        `name:"admin-tokens" env:"STORELINK_ADMIN_TOKENS" help:"name:role:sha256hex, comma separated; roles read, operate, connect. Default none."`
	WebhookSecrets  string        `name:"webhook-secrets" env:"STORELINK_WEBHOOK_SECRETS" help:"Secret of the webhook endpoint at Otter; two, comma separated, while one takes the other's place. Without, webhooks are not taken."`
	LocalIDs        string        `name:"local-ids" env:"STORELINK_LOCAL_IDS" help:"Who may use which local store id: open (any signed-in organization any id) or session (only what a connect session allows). Required."`
	TrustedProxies  string        `name:"trusted-proxies" env:"STORELINK_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For counts, comma separated. Default none."`
	TrustedOrigins  string        `name:"trusted-origins" env:"STORELINK_TRUSTED_ORIGINS" help:"Origins of the integrator's own pages, comma separated: https and of the public URL's site. Default none."`
	AppName         string        `name:"app-name" env:"STORELINK_APP_NAME" default:"storelink" help:"The application's name on the page."`
	AppLogo         string        `name:"app-logo" env:"STORELINK_APP_LOGO" help:"Path of the application's logo on the public origin."`
	AppAccent       string        `name:"app-accent" env:"STORELINK_APP_ACCENT" help:"Accent colour of the page, as #rrggbb."`
	UpstreamRate    float64       `name:"upstream-rate" env:"STORELINK_UPSTREAM_RATE" default:"20" help:"Authenticated upstream calls per second, over all replicas of one egress address."`
	Egress          string        `name:"egress" env:"STORELINK_EGRESS" default:"default" help:"Name of the budget: one per egress address."`
	DriftPolicy     string        `name:"drift-policy" env:"STORELINK_DRIFT_POLICY" default:"report" help:"What is done about a connection that was changed at Otter: report (a person decides) or heal (ours is put back). An organization may have a policy of its own."`
	DriftInterval   time.Duration `name:"drift-interval" env:"STORELINK_DRIFT_INTERVAL" default:"6h" help:"How often each connection is looked at for such changes, as far as the calls allow; 0 turns it off."`
	UpstreamTimeout time.Duration `name:"upstream-timeout" env:"STORELINK_UPSTREAM_TIMEOUT" default:"10s" help:"Time-out of one upstream call; also how late an unanswered write may still take effect."`
	CacheTTL        time.Duration `name:"cache-ttl" env:"STORELINK_CACHE_TTL" default:"30s" help:"How old an answer to a read may be; 0 turns the cache off."`
	SessionIdle     time.Duration `name:"session-idle" env:"STORELINK_SESSION_IDLE" default:"12h" help:"A session ends when it was not used for this long."`
	SessionMax      time.Duration `name:"session-max" env:"STORELINK_SESSION_MAX" default:"168h" help:"A session ends this long after its sign-in."`
	LogLevel        string        `name:"log-level" env:"STORELINK_LOG_LEVEL" default:"info" help:"What is logged: debug, info, warn or error."`

	OTLPEndpoint   string `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"Where traces go, by OTLP over HTTP, below /v1/traces: such as http://localhost:4318. No traces without. OpenTelemetry's other variables count, too."`
	TracesEndpoint string `name:"otlp-traces-endpoint" env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" help:"The same, as the whole address."`

	Files secretFiles `embed:""`

	checked checked
}

// secretFiles are the paths of secrets that are given as files.
type secretFiles struct {
	DatabaseURLFile    string `name:"database-url-file" env:"STORELINK_DATABASE_URL_FILE" help:"File that holds the database URL."`
	ClientSecretFile   string `name:"client-secret-file" env:"STORELINK_CLIENT_SECRET_FILE" help:"File that holds the client secret."`
	KeysetFile         string `name:"keyset-file" env:"STORELINK_KEYSET_FILE" help:"File that holds the keyset."`
	WebhookSecretsFile string `name:"webhook-secrets-file" env:"STORELINK_WEBHOOK_SECRETS_FILE" help:"File that holds the webhook secrets."`
	AdminTokensFile    string `name:"admin-tokens-file" env:"STORELINK_ADMIN_TOKENS_FILE" help:"File that holds the admin tokens."`
}

// AdminToken is a configured admin token: its hash, never itself.
type AdminToken struct {
	Name   string
	Role   string
	SHA256 [sha256.Size]byte
}

// checked holds what the checks parsed on the way.
type checked struct {
	publicURL   *url.URL
	internalURL *url.URL
	tokens      []AdminToken
	proxies     []netip.Prefix
}

// Error names the setting that is wrong, and says what it should be.
type Error struct {
	Setting string
	Problem string
}

// Error returns the setting's name and what is wrong with it; never its value.
func (e *Error) Error() string { return e.Setting + " " + e.Problem }

// Check reads secrets from their files and checks every setting. It returns an *Error for the first that is wrong.
func (s *Settings) Check() error {
	if problems := s.Problems(); len(problems) > 0 {
		return problems[0]
	}
	return nil
}

// Problems reads secrets from their files, checks every setting and returns what is wrong, one problem for a setting at
// most. Settings that are alike (numbers, upstream's addresses) are one check, which names the first of them.
func (s *Settings) Problems() []*Error {
	var all []*Error
	known := map[string]bool{}
	add := func(err error) {
		var bad *Error
		if errors.As(err, &bad) && !known[bad.Setting] {
			known[bad.Setting] = true
			all = append(all, bad)
		}
	}
	for _, err := range s.readFiles() {
		add(err)
	}
	for _, err := range s.missing() {
		add(err)
	}
	for _, check := range []func() error{
		s.checkChoices, s.checkAddresses, s.checkDatabaseURL, s.checkPublicURL, s.checkInternalURL, s.checkUpstreamURLs, s.checkOrigins, s.checkTokens,
		s.checkProxies, s.checkLook, s.checkNumbers, s.checkTraces,
	} {
		add(check())
	}
	return all
}

// PublicOrigin returns the public URL.
func (s *Settings) PublicOrigin() *url.URL { return s.checked.publicURL }

// ConsoleOrigin returns the internal URL.
func (s *Settings) ConsoleOrigin() *url.URL { return s.checked.internalURL }

// RedirectURL is what must be registered upstream.
func (s *Settings) RedirectURL() string { return s.checked.publicURL.String() + "/auth/callback" }

// Tokens returns the admin tokens.
func (s *Settings) Tokens() []AdminToken { return s.checked.tokens }

// Proxies returns the networks whose X-Forwarded-For counts.
func (s *Settings) Proxies() []netip.Prefix { return s.checked.proxies }

// Webhooks returns the webhook secrets.
func (s *Settings) Webhooks() []string { return split(s.WebhookSecrets) }

// Origins returns the trusted origins.
func (s *Settings) Origins() []string { return split(s.TrustedOrigins) }

func (s *Settings) missing() []error {
	var missing []error
	for _, required := range []struct{ name, value, meaning string }{
		{"STORELINK_PUBLIC_URL", s.PublicURL, ": the origin that browsers see"},
		{"STORELINK_DATABASE_URL", s.DatabaseURL, " (or STORELINK_DATABASE_URL_FILE)"},
		{"STORELINK_UPSTREAM_URL", s.UpstreamURL, ": the upstream's base URL"},
		{"STORELINK_CLIENT_ID", s.ClientID, ": the application's OAuth client id"},
		{"STORELINK_CLIENT_SECRET", s.ClientSecret, " (or STORELINK_CLIENT_SECRET_FILE)"},
		{"STORELINK_KEYSET", s.Keyset, " (or STORELINK_KEYSET_FILE): make one with `storelink keyset new`"},
		{"STORELINK_LOCAL_IDS", s.LocalIDs, ": open or session"},
	} {
		if required.value == "" {
			missing = append(missing, &Error{required.name, "is required" + required.meaning})
		}
	}
	return missing
}

func (s *Settings) checkChoices() error {
	if s.LocalIDs != "open" && s.LocalIDs != "session" {
		return &Error{"STORELINK_LOCAL_IDS", "must be open or session"}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return &Error{"STORELINK_LOG_LEVEL", "must be debug, info, warn or error"}
	}
	return nil
}

func (s *Settings) checkTokens() error {
	s.checked.tokens = nil
	for _, entry := range split(s.AdminTokens) {
		parts := strings.Split(entry, ":")
		if len(parts) != 3 || parts[0] == "" {
			return &Error{"STORELINK_ADMIN_TOKENS", "must be name:role:sha256hex, comma separated"}
		}
		if role := parts[1]; role != RoleRead && role != RoleOperate && role != RoleConnect {
			return &Error{"STORELINK_ADMIN_TOKENS", "must have the role read, operate or connect"}
		}
		sum, err := hex.DecodeString(parts[2])
		if err != nil || len(sum) != sha256.Size {
			return &Error{"STORELINK_ADMIN_TOKENS", "must end in the SHA-256 of the token, 64 hexadecimal digits"}
		}
		s.checked.tokens = append(s.checked.tokens, AdminToken{Name: parts[0], Role: parts[1], SHA256: [sha256.Size]byte(sum)})
	}
	return nil
}

func (s *Settings) checkProxies() error {
	s.checked.proxies = nil
	for _, entry := range split(s.TrustedProxies) {
		prefix, err := netip.ParsePrefix(entry)
		if err != nil {
			return &Error{"STORELINK_TRUSTED_PROXIES", "must be networks such as 10.0.0.0/8, comma separated"}
		}
		s.checked.proxies = append(s.checked.proxies, prefix)
	}
	return nil
}

func (s *Settings) checkNumbers() error {
	switch {
	case len(s.Webhooks()) > 2:
		return &Error{"STORELINK_WEBHOOK_SECRETS", "must be one secret, or two while one takes the other's place"}
	case !(s.UpstreamRate >= 0) || math.IsInf(s.UpstreamRate, 0): // NaN compares as false
		return &Error{"STORELINK_UPSTREAM_RATE", "must be a number, not below 0"}
	case s.UpstreamTimeout < time.Second || s.UpstreamTimeout > time.Minute:
		return &Error{"STORELINK_UPSTREAM_TIMEOUT", "must be between 1s and 1m"}
	case s.DriftPolicy != "report" && s.DriftPolicy != "heal":
		return &Error{"STORELINK_DRIFT_POLICY", "must be report or heal"}
	case s.DriftInterval != 0 && s.DriftInterval < time.Second:
		return &Error{"STORELINK_DRIFT_INTERVAL", "must be 0 or at least 1s"}
	case s.CacheTTL < 0:
		return &Error{"STORELINK_CACHE_TTL", "must not be below 0"}
	case s.SessionIdle <= 0:
		return &Error{"STORELINK_SESSION_IDLE", "must be above 0"}
	case s.SessionMax < s.SessionIdle:
		return &Error{"STORELINK_SESSION_MAX", "must not be below STORELINK_SESSION_IDLE"}
	case s.Egress == "":
		return &Error{"STORELINK_EGRESS", "must not be empty"}
	case len(strings.Fields(s.Scopes)) == 0:
		return &Error{"STORELINK_SCOPES", "must name at least one scope"}
	}
	return nil
}

func split(list string) []string {
	var parts []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// Defaults returns settings as they are where nothing but the environment's optional settings is given.
func Defaults() (*Settings, error) {
	var s Settings
	if err := kong.ApplyDefaults(&s); err != nil {
		return nil, fmt.Errorf("apply defaults: %w", err)
	}
	return &s, nil
}
