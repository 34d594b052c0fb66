package main

import (
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// canary stands in every secret of these tests: no message may hold it.
const canary = "c4n4ry"

// environment is a complete one, whose database does not answer.
func environment(t *testing.T) map[string]string {
	t.Helper()
	keyset, err := testKeyset()
	require.NoError(t, err)
	return map[string]string{
		"STORELINK_PUBLIC_ADDR":   "127.0.0.1:0",
		"STORELINK_INTERNAL_ADDR": "127.0.0.1:0",
		"STORELINK_PUBLIC_URL":    "http://localhost:8080",
		"STORELINK_DATABASE_URL":  "postgres://storelink:" + canary + "@127.0.0.1:1/storelink",
		"STORELINK_UPSTREAM_URL":  "http://127.0.0.1:1",
		"STORELINK_CLIENT_ID":     "client",
		"STORELINK_CLIENT_SECRET": canary,
		"STORELINK_KEYSET":        keyset,
		"STORELINK_ADMIN_TOKENS":  adminSetting("ops", "operate", canary),
		"STORELINK_LOCAL_IDS":     "open",
	}
}

// serveWith runs `storelink serve` with exactly this environment and returns the exit code and what went to stderr.
func serveWith(t *testing.T, env map[string]string) (int, string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "STORELINK_") {
			t.Setenv(name, value) // so that it is there again after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	stderr := os.Stderr
	os.Stderr = file
	code := run(t.Context(), []string{"serve"})
	os.Stderr = stderr
	require.NoError(t, file.Close())
	said, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	require.NotContains(t, string(said), canary)
	return code, string(said)
}

func TestServeNeedsEveryRequiredSetting(t *testing.T) {
	for _, name := range []string{
		"STORELINK_LOCAL_IDS", "STORELINK_PUBLIC_URL", "STORELINK_DATABASE_URL", "STORELINK_UPSTREAM_URL",
		"STORELINK_CLIENT_ID", "STORELINK_CLIENT_SECRET", "STORELINK_KEYSET",
	} {
		t.Run(name, func(t *testing.T) {
			env := environment(t)
			delete(env, name)
			code, said := serveWith(t, env)
			require.Equal(t, exitBadSetting, code)
			require.Contains(t, said, name+" is required")
		})
	}
}

// A good environment passes every check, and what fails then is no setting.
func TestServeFailsWithoutItsDatabase(t *testing.T) {
	code, said := serveWith(t, environment(t))
	require.Equal(t, exitFailed, code, said)
	require.Contains(t, said, "database")
}

func TestServeNamesBadSettings(t *testing.T) {
	tests := []struct{ name, value string }{
		{"STORELINK_LOCAL_IDS", "everyone"},
		{"STORELINK_LOG_LEVEL", "loud"},
		{"STORELINK_CACHE_TTL", "soon"},
		{"STORELINK_CACHE_TTL", "-1s"},
		{"STORELINK_UPSTREAM_TIMEOUT", "10"},
		{"STORELINK_UPSTREAM_TIMEOUT", "1h"},
		{"STORELINK_SESSION_MAX", "1s"},
		{"STORELINK_SESSION_IDLE", "0"},
		{"STORELINK_UPSTREAM_RATE", "fast"},
		{"STORELINK_UPSTREAM_RATE", "NaN"},
		{"STORELINK_UPSTREAM_RATE", "+Inf"},
		{"STORELINK_PUBLIC_URL", "http://stores.example.com"},
		{"STORELINK_PUBLIC_URL", "https://stores.example.com/wizard"},
		{"STORELINK_INTERNAL_URL", "http://storelink.internal:8081"},
		{"STORELINK_PUBLIC_URL", "https://user:" + canary + "@stores.example.com"},
		{"STORELINK_UPSTREAM_URL", "http://api.example.net"},
		{"STORELINK_UPSTREAM_URL", "https://user:" + canary + "@api.example.net"},
		{"STORELINK_TOKEN_URL", "https://api.example.net/token?secret=" + canary},
		{"STORELINK_TRUSTED_ORIGINS", "https://pos.example.org"},
		{"STORELINK_TRUSTED_PROXIES", "10.0.0.1"},
		{"STORELINK_APP_ACCENT", "red"},
		{"STORELINK_APP_LOGO", "https://cdn.example.com/logo.svg"},
		{"STORELINK_PUBLIC_ADDR", "8080"},
		{"STORELINK_PUBLIC_ADDR", ":http-ish"},
		{"STORELINK_INTERNAL_ADDR", "127.0.0.1:70000"},
		{"STORELINK_DATABASE_URL", "postgres://storelink:" + canary + "@[::1/storelink"},
		{"STORELINK_DATABASE_URL", "postgres://storelink:" + canary + "@host:port/storelink"},
		{"STORELINK_DATABASE_URL", canary},
		{"STORELINK_CLIENT_SECRET", "sandbox-secret"},
		{"STORELINK_KEYSET", canary},
		{"STORELINK_KEYSET", base64.StdEncoding.EncodeToString([]byte(`{"key":[],"secret":"` + canary + `"}`))},
		{"STORELINK_ADMIN_TOKENS", "ops:operate:" + canary},
		{"STORELINK_ADMIN_TOKENS", canary},
		{"STORELINK_ADMIN_TOKENS", "ops:root:" + strings.Repeat("ab", 32)},
		{"STORELINK_KEYSET_FILE", "/nowhere/" + canary},
	}
	for _, tt := range tests {
		t.Run(tt.name+"="+strings.ReplaceAll(tt.value, "/", "|"), func(t *testing.T) {
			env := environment(t)
			if plain, isFile := strings.CutSuffix(tt.name, "_FILE"); isFile {
				delete(env, plain)
			}
			env[tt.name] = tt.value
			code, said := serveWith(t, env)
			require.Equal(t, exitBadSetting, code, said)
			require.Contains(t, said, tt.name)
			require.NotContains(t, said, "--", "a setting is named as operators know it")
			require.Equal(t, 1, strings.Count(said, "\n"), "one line: %s", said)
		})
	}
}

// A secret that stands in a file and in the environment is a mistake, and neither is shown.
func TestASecretIsGivenOnce(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(environment(t))) {
		if !slices.Contains([]string{"STORELINK_DATABASE_URL", "STORELINK_CLIENT_SECRET", "STORELINK_KEYSET", "STORELINK_ADMIN_TOKENS"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			env := environment(t)
			env[name+"_FILE"] = filepath.Join(t.TempDir(), "secret")
			require.NoError(t, os.WriteFile(env[name+"_FILE"], []byte(canary), 0o600))
			code, said := serveWith(t, env)
			require.Equal(t, exitBadSetting, code)
			require.Contains(t, said, name+" is given twice")
		})
	}
}
