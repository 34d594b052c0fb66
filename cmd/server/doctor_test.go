package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/sandbox"
	"storelink/migrations"
)

// ward is a deployment that a doctor can look at: a running service, and an upstream whose clock may be moved.
type ward struct {
	*rig
	upstreamAhead atomic.Int64 // seconds
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{}
	w.rig = newRig(t, rigOptions{
		sandbox:  sandbox.Options{ClientSecret: "a secret of the test"},
		settings: func(s *config.Settings) { s.ClientSecret, s.WebhookSecrets = "a secret of the test", "another one" },
		upstream: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if ahead := w.upstreamAhead.Load(); ahead != 0 {
					out.Header().Set("Date", time.Now().Add(time.Duration(ahead)*time.Second).UTC().Format(http.TimeFormat))
				}
				next.ServeHTTP(out, r)
			})
		},
	})
	w.signedIn(sandbox.AccountSmall)
	return w
}

// examine lets a doctor look at the deployment with some settings changed.
func (w *ward) examine(change func(*config.Settings), roots *x509.CertPool) []finding {
	w.t.Helper()
	w.exec(`DELETE FROM token_budgets`)
	s := *w.settings
	if change != nil {
		change(&s)
	}
	return examine(w.t.Context(), &s, roots)
}

// found returns the worst finding of a check.
func found(t *testing.T, findings []finding, check string) finding {
	t.Helper()
	var worst *finding
	for i, f := range findings {
		if f.Check == check && (worst == nil || f.Verdict == verdictFailure || f.Verdict == verdictWarning && worst.Verdict == verdictOK) {
			worst = &findings[i]
		}
	}
	require.NotNil(t, worst, "%s is not among %v", check, findings)
	return *worst
}

func TestAHealthyDeploymentIsGreen(t *testing.T) {
	w := newWard(t)
	w.box.ResetCalls()
	findings := w.examine(nil, nil)
	for _, f := range findings {
		require.Equal(t, verdictOK, f.Verdict, "%+v", f)
		require.Empty(t, f.Do)
	}
	for _, check := range []string{
		"settings", "database", "database version", "schema", "database clock", "keyset", "redirect URI", "authorize URL", "token URL",
		"client", "upstream clock", "scopes granted", "webhook address", "public URL", "TLS", "cookies",
	} {
		found(t, findings, check)
	}
	require.Contains(t, found(t, findings, "redirect URI").Found, w.settings.RedirectURL())
	require.Contains(t, found(t, findings, "keyset").Found, "1 of 1")
	require.Len(t, w.box.Calls(), 2, "one call to each OAuth endpoint")
	require.Equal(t, 1, scalar[int](w.rig, `SELECT cardinality(sent) FROM token_budgets WHERE egress = 'default'`), "within the shared budget")
}

func TestNothingIsChanged(t *testing.T) {
	w := newWard(t)
	w.exec(`DELETE FROM token_budgets`)
	before := w.dump()
	s := *w.settings
	examine(t.Context(), &s, nil)
	w.exec(`DELETE FROM token_budgets`) // the call that was made is noted: others count on it
	require.Equal(t, before, w.dump())
}

func TestEachFailureIsFound(t *testing.T) {
	w := newWard(t)
	sealedElsewhere, err := auth.NewKeyset()
	require.NoError(t, err)
	answered := func(path string, f sandbox.Fault) func() {
		return func() {
			f.PathPattern, f.Times = path, -1
			w.box.Inject(f)
		}
	}
	const authorize, token = "/authorize$", "/token$"
	tests := []struct {
		name    string
		check   string
		verdict verdict
		says    string
		settle  func(*config.Settings)
		provoke func()
	}{
		{name: "a setting is wrong", check: "settings", verdict: verdictFailure, says: "STORELINK_UPSTREAM_RATE", settle: func(s *config.Settings) { s.UpstreamRate = -1 }},
		{name: "what needs a wrong setting is left out", check: "public URL", verdict: verdictWarning, says: "STORELINK_PUBLIC_URL is wrong", settle: func(s *config.Settings) { s.PublicURL = "stores" }},
		{name: "the sandbox's secret", check: "settings", verdict: verdictFailure, says: "well-known", settle: func(s *config.Settings) { s.ClientSecret = sandbox.DefaultClientSecret }},
		{name: "no admin tokens", check: "admin tokens", verdict: verdictWarning, says: "none", settle: func(s *config.Settings) { s.AdminTokens = "" }},
		{name: "no proxy is trusted", check: "proxies", verdict: verdictWarning, says: "none is trusted", settle: func(s *config.Settings) { s.PublicURL = "https://localhost:1" }},
		{name: "a scope is not asked for", check: "scopes asked for", verdict: verdictWarning, says: "organization.service_integration", settle: func(s *config.Settings) { s.Scopes = "organization.read" }},
		{name: "no webhooks", check: "webhook address", verdict: verdictWarning, says: "takes none", settle: func(s *config.Settings) { s.WebhookSecrets = "" }},
		{name: "no database", check: "database", verdict: verdictFailure, says: "does not answer", settle: func(s *config.Settings) { s.DatabaseURL = "postgres://nobody@127.0.0.1:1/nothing" }},
		{name: "without a database", check: "keyset", verdict: verdictWarning, says: "not checked", settle: func(s *config.Settings) { s.DatabaseURL = "postgres://nobody@127.0.0.1:1/nothing" }},
		{name: "an old schema", check: "schema", verdict: verdictFailure, says: "at schema version 1", provoke: func() { w.exec(`UPDATE schema_migrations SET version = 1`) }},
		{name: "the database's clock", check: "database clock", verdict: verdictFailure, says: "differs by", provoke: func() { w.moveClock("1 minute") }},
		{name: "the database's clock, a little", check: "database clock", verdict: verdictWarning, says: "differs by", provoke: func() { w.moveClock("-3 seconds") }},
		{name: "another keyset", check: "keyset", verdict: verdictFailure, says: "does not open 1 of 1", settle: func(s *config.Settings) { s.Keyset = sealedElsewhere }},
		{name: "no keyset", check: "keyset", verdict: verdictFailure, says: "STORELINK_KEYSET", settle: func(s *config.Settings) { s.Keyset = "bm90aGluZw==" }},
		{name: "no upstream", check: "authorize URL", verdict: verdictFailure, says: "cannot be reached", settle: func(s *config.Settings) {
			s.AuthorizeURL, s.TokenURL = "http://127.0.0.1:1/authorize", "http://127.0.0.1:1/token"
		}},
		{name: "no token endpoint", check: "token URL", verdict: verdictFailure, says: "cannot be reached", settle: func(s *config.Settings) { s.TokenURL = "http://127.0.0.1:1/token" }},
		{name: "no date", check: "upstream clock", verdict: verdictWarning, says: "not checked", settle: func(s *config.Settings) {
			s.AuthorizeURL, s.TokenURL = "http://127.0.0.1:1/authorize", "http://127.0.0.1:1/token"
		}},
		{name: "authorize is elsewhere", check: "authorize URL", verdict: verdictFailure, says: "404", provoke: answered(authorize, sandbox.Fault{Status: 404})},
		{name: "authorize is throttled", check: "authorize URL", verdict: verdictWarning, says: "no more calls", provoke: answered(authorize, sandbox.Fault{Status: 429})},
		{name: "a scope that is not known", check: "authorize URL", verdict: verdictFailure, says: "scopes", settle: func(s *config.Settings) { s.Scopes = "organization.read nonsense" }},
		{name: "a scope that the client may not have", check: "client", verdict: verdictWarning, says: "scopes", settle: func(s *config.Settings) { s.Scopes = "organization.read nonsense" }},
		{name: "the redirect URI is not registered", check: "authorize URL", verdict: verdictFailure, says: "redirect URI is not registered", settle: func(s *config.Settings) { s.PublicURL = "http://localhost:1" }},
		{name: "an unknown client", check: "client", verdict: verdictFailure, says: "the id is not known", settle: func(s *config.Settings) { s.ClientID = "nobody" }},
		{name: "authorize does not know the client", check: "authorize URL", verdict: verdictFailure, says: "client id", settle: func(s *config.Settings) { s.ClientID = "nobody" }},
		{name: "a wrong secret", check: "client", verdict: verdictFailure, says: "the id is known, the secret is wrong", settle: func(s *config.Settings) { s.ClientSecret = "wrong" }},
		{name: "neither, and no word of authorize", check: "client", verdict: verdictFailure, says: "do not fit", settle: func(s *config.Settings) { s.ClientSecret, s.AuthorizeURL = "wrong", "http://127.0.0.1:1/authorize" }},
		{name: "no client credentials for this client", check: "client", verdict: verdictOK, says: "accepted", provoke: answered(token, sandbox.Fault{Status: 400, Body: `{"error":"unauthorized_client"}`})},
		{name: "an error without a name", check: "client", verdict: verdictWarning, says: "400, without a known reason", provoke: answered(token, sandbox.Fault{Status: 400})},
		{name: "the token endpoint is throttled", check: "token URL", verdict: verdictWarning, says: "no more calls", provoke: answered(token, sandbox.Fault{Status: 429})},
		{name: "the token endpoint is a page", check: "token URL", verdict: verdictFailure, says: "200 without a token", provoke: answered(token, sandbox.Fault{Status: 200, Body: "<html></html>"})},
		{name: "the token endpoint fails", check: "token URL", verdict: verdictFailure, says: "503", provoke: answered(token, sandbox.Fault{Status: 503})},
		{name: "the token endpoint hangs", check: "token URL", verdict: verdictFailure, says: "no answer in time", settle: func(s *config.Settings) { s.UpstreamTimeout = time.Second }, provoke: answered(token, sandbox.Fault{Hang: true})},
		{name: "the token budget is used up", check: "client", verdict: verdictWarning, says: "used up", settle: func(*config.Settings) {
			w.exec(`INSERT INTO token_budgets (egress, sent) SELECT 'default', array_agg(storelink_now()) FROM generate_series(1, 3)`)
		}},
		{name: "upstream's clock", check: "upstream clock", verdict: verdictFailure, says: "differs by", provoke: func() { w.upstreamAhead.Store(120) }},
		{name: "upstream's clock, a little", check: "upstream clock", verdict: verdictWarning, says: "differs by", provoke: func() { w.upstreamAhead.Store(-20) }},
		{name: "a scope was not granted", check: "scopes granted", verdict: verdictWarning, says: "1 of 1 active grants are short", provoke: func() { w.exec(`UPDATE grants SET scopes = '{organization.read}'`) }},
		{name: "the public URL leads nowhere", check: "public URL", verdict: verdictWarning, says: "not checked", settle: func(s *config.Settings) { s.PublicURL = "http://localhost:1" }},
		{name: "the public URL leads elsewhere", check: "public URL", verdict: verdictFailure, says: "something else", settle: func(s *config.Settings) { s.PublicURL = w.upstream.URL }},
		{name: "the host is another", check: "public URL", verdict: verdictFailure, says: "Host", settle: func(s *config.Settings) { s.PublicURL = strings.Replace(w.public, "localhost", "127.0.0.1", 1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer w.restore()
			if tt.provoke != nil {
				tt.provoke()
			}
			f := found(t, w.examine(tt.settle, nil), tt.check)
			require.Equal(t, tt.verdict, f.Verdict, "%+v", f)
			require.Contains(t, f.Found, tt.says)
			require.Equal(t, tt.verdict == verdictOK, f.Do == "", "what is not ok says what to do")
		})
	}
}

func (w *ward) moveClock(by string) {
	w.t.Helper()
	w.exec(`CREATE OR REPLACE FUNCTION storelink_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
		AS 'SELECT clock_timestamp() + interval ''` + by + `'''`)
}

// restore undoes what a case provoked.
func (w *ward) restore() {
	w.box.ClearFaults()
	w.upstreamAhead.Store(0)
	w.moveClock("0 seconds")
	w.exec(`UPDATE grants SET scopes = '{organization.read,organization.service_integration}'`)
	w.exec(`UPDATE schema_migrations SET version = $1`, int64(migrations.Newest()))
}

func TestEverySettingThatIsWrongIsNamed(t *testing.T) {
	w := newWard(t)
	findings := w.examine(func(s *config.Settings) {
		s.ClientID, s.PublicURL, s.LocalIDs, s.AdminTokens = "", "http://stores.example.com", "everyone", "ops"
	}, nil)
	var said []string
	for _, f := range findings {
		if f.Check == "settings" {
			require.Equal(t, verdictFailure, f.Verdict)
			said = append(said, strings.Fields(f.Found)[0])
		}
	}
	require.ElementsMatch(t, []string{"STORELINK_CLIENT_ID", "STORELINK_PUBLIC_URL", "STORELINK_LOCAL_IDS", "STORELINK_ADMIN_TOKENS"}, said)
}

func TestAnOldServerIsAFailure(t *testing.T) {
	d := &doctor{}
	d.judgeVersion("14.9", 140009)
	d.judgeVersion("15.0", 150000)
	require.Equal(t, verdictFailure, d.findings[0].Verdict)
	require.Equal(t, verdictOK, d.findings[1].Verdict)
}

// What stands before the service may spoil TLS, headers and cookies.
func TestAProxyThatSpoilsThingsIsFound(t *testing.T) {
	w := newWard(t)
	target, err := url.Parse(w.public)
	require.NoError(t, err)
	var spoil func(http.Header)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, // and with it the Host
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Strict-Transport-Security", "max-age=31536000") // as the service sends it where it knows of https
			if spoil != nil {
				spoil(r.Header)
			}
			return nil
		},
	}
	front := httptest.NewUnstartedServer(proxy)
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of the handshake that is refused
	front.StartTLS()
	t.Cleanup(front.Close)
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	tests := []struct {
		name    string
		check   string
		verdict verdict
		roots   *x509.CertPool
		spoil   func(http.Header)
	}{
		{"all is well", "TLS", verdictOK, roots, nil},
		{"cookies, too", "cookies", verdictOK, roots, nil},
		{"an unknown certificate", "public URL", verdictFailure, nil, nil},
		{"HSTS is lost", "TLS", verdictWarning, roots, func(h http.Header) { h.Del("Strict-Transport-Security") }},
		{"cookies are lost", "cookies", verdictFailure, roots, func(h http.Header) { h.Del("Set-Cookie") }},
		{"cookies are rewritten", "cookies", verdictFailure, roots, func(h http.Header) {
			for i, c := range h["Set-Cookie"] {
				h["Set-Cookie"][i] = strings.ReplaceAll(c, "; Secure", "")
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spoil = tt.spoil
			findings := w.examine(func(s *config.Settings) { s.PublicURL = front.URL }, tt.roots)
			f := found(t, findings, tt.check)
			require.Equal(t, tt.verdict, f.Verdict, "%+v", f)
		})
	}
	d := &doctor{}
	d.judgeTLS(reply{tls: &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{NotAfter: time.Now().Add(72 * time.Hour)}}}})
	require.Equal(t, verdictWarning, d.findings[0].Verdict, "a certificate that ends soon")
}

// doctorWith runs `storelink doctor` with exactly this environment, and returns the exit code and what it printed.
func doctorWith(t *testing.T, env map[string]string, args ...string) (int, string) {
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
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = file
	code := run(t.Context(), append([]string{"doctor"}, args...))
	os.Stdout = stdout
	_, err = file.Seek(0, io.SeekStart)
	require.NoError(t, err)
	said, err := io.ReadAll(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NotContains(t, string(said), canary)
	return code, string(said)
}

func TestDoctorReportsByExitCodeAndJSON(t *testing.T) {
	w := newWard(t)
	code, said := doctorWith(t, environment(t))
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "failure  database")
	for line := range strings.Lines(said) {
		require.Regexp(t, `^(ok|warning|failure) +\S`, line, "one line a check")
	}

	code, said = doctorWith(t, environment(t), "--json")
	require.Equal(t, exitFailed, code)
	var sick struct {
		OK     bool
		Checks []finding
	}
	require.NoError(t, json.Unmarshal([]byte(said), &sick))
	require.False(t, sick.OK)
	require.Equal(t, verdictFailure, found(t, sick.Checks, "database").Verdict)

	code, said = doctorWith(t, map[string]string{
		"STORELINK_PUBLIC_URL": w.public, "STORELINK_DATABASE_URL": w.settings.DatabaseURL, "STORELINK_UPSTREAM_URL": w.settings.UpstreamURL,
		"STORELINK_CLIENT_ID": w.settings.ClientID, "STORELINK_CLIENT_SECRET": w.settings.ClientSecret, "STORELINK_KEYSET": w.settings.Keyset,
		"STORELINK_ADMIN_TOKENS": w.settings.AdminTokens, "STORELINK_LOCAL_IDS": "open",
	}, "--json")
	require.Zero(t, code, said)
	require.NoError(t, json.NewDecoder(bytes.NewReader([]byte(said))).Decode(&sick))
	require.True(t, sick.OK)
	for _, secret := range []string{w.settings.ClientSecret, w.settings.Keyset} {
		require.NotContains(t, said, secret)
	}
}
