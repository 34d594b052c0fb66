package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
)

func valid(t *testing.T) *config.Settings {
	t.Helper()
	s, err := config.Defaults()
	require.NoError(t, err)
	s.PublicURL, s.DatabaseURL, s.UpstreamURL = "https://stores.example.com", "postgres://db/storelink", "https://api.example.net/base/"
	s.ClientID, s.ClientSecret, s.Keyset, s.LocalIDs = "client", "secret", "keyset", "open"
	return s
}

func TestDefaultsFollowTheUpstreamURL(t *testing.T) {
	s := valid(t)
	require.NoError(t, s.Check())
	require.Equal(t, "https://api.example.net/base/v1/auth/oauth2/authorize", s.AuthorizeURL)
	require.Equal(t, "https://api.example.net/base/v1/auth/token", s.TokenURL)
	require.Equal(t, "https://stores.example.com/auth/callback", s.RedirectURL())
	require.Equal(t, ":8080", s.PublicAddr)
}

func TestBadSettingsAreNamed(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	tests := []struct {
		setting string
		spoil   func(*config.Settings)
	}{
		{"STORELINK_DATABASE_URL", func(s *config.Settings) { s.DatabaseURL = "" }},
		{"STORELINK_CLIENT_SECRET", func(s *config.Settings) { s.ClientSecret = "" }},
		{"STORELINK_KEYSET", func(s *config.Settings) { s.Keyset = "" }},
		{"STORELINK_PUBLIC_URL", func(s *config.Settings) { s.PublicURL = "http://stores.example.com" }},
		{"STORELINK_PUBLIC_URL", func(s *config.Settings) { s.PublicURL = "https://stores.example.com/path" }},
		{"STORELINK_PUBLIC_URL", func(s *config.Settings) { s.PublicURL = "https://user@stores.example.com" }},
		{"STORELINK_PUBLIC_URL", func(s *config.Settings) { s.PublicURL = "stores.example.com" }},
		{"STORELINK_UPSTREAM_URL", func(s *config.Settings) { s.UpstreamURL = "http://api.example.net" }},
		{"STORELINK_TOKEN_URL", func(s *config.Settings) { s.TokenURL = "https://u:p@api.example.net/token" }},
		{"STORELINK_TRUSTED_ORIGINS", func(s *config.Settings) { s.TrustedOrigins = "https://pos.example.org" }},
		{"STORELINK_TRUSTED_ORIGINS", func(s *config.Settings) { s.TrustedOrigins = "http://pos.example.com" }},
		{"STORELINK_TRUSTED_ORIGINS", func(s *config.Settings) { s.TrustedOrigins = "https://pos.example.com/" }},
		{"STORELINK_TRUSTED_ORIGINS", func(s *config.Settings) { s.TrustedOrigins = "null" }},
		{"STORELINK_ADMIN_TOKENS", func(s *config.Settings) { s.AdminTokens = "ops:admin:" + hash }},
		{"STORELINK_ADMIN_TOKENS", func(s *config.Settings) { s.AdminTokens = "ops:read:abc" }},
		{"STORELINK_ADMIN_TOKENS", func(s *config.Settings) { s.AdminTokens = "ops" }},
		{"STORELINK_TRUSTED_PROXIES", func(s *config.Settings) { s.TrustedProxies = "proxy" }},
		{"STORELINK_APP_ACCENT", func(s *config.Settings) { s.AppAccent = "red" }},
		{"STORELINK_APP_LOGO", func(s *config.Settings) { s.AppLogo = "https://cdn.example.com/logo.svg" }},
		{"STORELINK_UPSTREAM_TIMEOUT", func(s *config.Settings) { s.UpstreamTimeout = 0 }},
		{"STORELINK_SESSION_MAX", func(s *config.Settings) { s.SessionMax = 1 }},
		{"STORELINK_CACHE_TTL", func(s *config.Settings) { s.CacheTTL = -1 }},
		{"STORELINK_SCOPES", func(s *config.Settings) { s.Scopes = " " }},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", func(s *config.Settings) { s.OTLPEndpoint = "localhost:4317" }},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", func(s *config.Settings) { s.TracesEndpoint = "https://user:secret@traces.example.com" }},
	}
	for _, tt := range tests {
		t.Run(tt.setting, func(t *testing.T) {
			s := valid(t)
			tt.spoil(s)
			var bad *config.Error
			require.ErrorAs(t, s.Check(), &bad)
			require.Equal(t, tt.setting, bad.Setting)
		})
	}
}

func TestLoopbackNeedsNoTLS(t *testing.T) {
	for _, origin := range []string{"http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080", "http://a.localhost"} {
		s := valid(t)
		s.PublicURL, s.UpstreamURL = origin, origin
		require.NoError(t, s.Check(), origin)
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte("from a file\n"), 0o600))
	s := valid(t)
	s.ClientSecret, s.Files.ClientSecretFile = "", path
	require.NoError(t, s.Check())
	require.Equal(t, "from a file", s.ClientSecret)

	s = valid(t)
	s.Files.ClientSecretFile = path
	require.ErrorContains(t, s.Check(), "given twice")

	s = valid(t)
	s.Keyset, s.Files.KeysetFile = "", path+".missing"
	require.ErrorContains(t, s.Check(), "STORELINK_KEYSET_FILE")
}

func TestAdminTokensAreParsed(t *testing.T) {
	s := valid(t)
	s.AdminTokens = "anna:operate:" + strings.Repeat("01", 32) + ", bot:read:" + strings.Repeat("02", 32)
	require.NoError(t, s.Check())
	require.Len(t, s.Tokens(), 2)
	require.Equal(t, "anna", s.Tokens()[0].Name)
	require.Equal(t, config.RoleRead, s.Tokens()[1].Role)
	require.Equal(t, byte(2), s.Tokens()[1].SHA256[31])
}
