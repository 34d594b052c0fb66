package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// pair is two replicas behind a balancer, which sends every request to the other one of the two.
type pair struct {
	*rig
	replicas [2]*rig
	targets  [2]atomic.Pointer[url.URL]
	turn     atomic.Uint64
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{}
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(p.targets[p.turn.Add(1)%2].Load())
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(balancer.Close)
	p.rig = newRig(t, rigOptions{settings: func(s *config.Settings) {
		s.PublicURL = strings.Replace(balancer.URL, "127.0.0.1", "localhost", 1)
		s.CacheTTL = 0
	}})
	p.replicas[0] = p.rig
	settings := *p.settings
	second := *p.rig
	second.settings = &settings
	second.start(100_000)
	p.replicas[1] = &second
	for i := range p.replicas {
		p.aim(i)
	}
	return p
}

func (p *pair) aim(i int) {
	p.t.Helper()
	address, err := url.Parse("http://" + p.replicas[i].address)
	require.NoError(p.t, err)
	p.targets[i].Store(address)
}

// deploy replaces a replica by one with the keyset.
func (p *pair) deploy(i int, keyset string) {
	p.t.Helper()
	old := p.replicas[i].service
	settings := *p.replicas[i].settings // which the old one still reads
	settings.Keyset = keyset
	p.replicas[i].settings = &settings
	p.replicas[i].start(100_000)
	p.aim(i)
	old.stop()
}

// command runs a command with these settings, and returns its exit code and what it printed.
func command(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	stdout, stderr := os.Stdout, os.Stderr
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	var files [2]*os.File
	var err error
	for i := range files {
		files[i], err = os.Create(filepath.Join(t.TempDir(), strconv.Itoa(i)))
		require.NoError(t, err)
	}
	os.Stdout, os.Stderr = files[0], files[1]
	code = run(t.Context(), args)
	var said [2]string
	for i, f := range files {
		_, err := f.Seek(0, io.SeekStart)
		require.NoError(t, err)
		text, err := io.ReadAll(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		said[i] = strings.TrimSpace(string(text))
	}
	return code, said[0], said[1]
}

// atConsent is a sign-in whose browser stands at upstream's consent page.
type atConsent struct {
	*person
	page string
}

func (p *pair) toConsent() atConsent {
	p.t.Helper()
	v := p.visitor()
	a, err := v.navigate(p.t.Context(), http.MethodGet, v.origin+"/auth/login?return_to=%2Fstores", nil)
	require.NoError(p.t, err)
	return atConsent{v, a.header.Get("Location")}
}

func (c atConsent) consents() {
	t := c.r.t
	t.Helper()
	shown, err := c.navigate(t.Context(), http.MethodGet, c.page, nil)
	require.NoError(t, err)
	if next := shown.header.Get("Location"); next != "" {
		c.page, err = resolve(c.page, next)
		require.NoError(t, err)
		shown, err = c.navigate(t.Context(), http.MethodGet, c.page, nil)
		require.NoError(t, err)
	}
	require.Equal(t, http.StatusOK, shown.status, "%s", shown.body)
	a, err := c.consent(t.Context(), c.page, shown, sandbox.AccountSmall, "allow")
	require.NoError(t, err)
	a, err = c.navigate(t.Context(), http.MethodGet, a.header.Get("Location"), nil)
	require.NoError(t, err)
	require.Equal(t, "/stores", a.header.Get("Location"))
}

// Security row 32: two replicas through all phases of a rotation, with the old keyset and with the new.
func TestRotationLosesNoSignIn(t *testing.T) {
	p := newPair(t)
	nothingSet(t)
	k1 := p.settings.Keyset
	env := func(keyset string) map[string]string {
		return map[string]string{"STORELINK_KEYSET": keyset, "STORELINK_DATABASE_URL": p.settings.DatabaseURL}
	}
	people := []*person{p.signedIn(sandbox.AccountSmall), p.signedIn(sandbox.AccountRefreshing)}
	waiting := p.toConsent()
	// Whoever signed in in an earlier phase is signed in, whoever was at consent gets in, and new ones do: at each replica.
	phase := func(name string) {
		t.Helper()
		waiting.consents()
		people = append(people, waiting.person, p.signedIn(sandbox.AccountSmall))
		waiting = p.toConsent()
		p.turn.Add(1)
		people = append(people, p.signedIn(sandbox.AccountSmall))
		for i, who := range people {
			for range p.replicas {
				a := who.send(http.MethodGet, "/api/organization", nil)
				require.Equal(t, http.StatusOK, a.status, "%s: person %d: %s", name, i, a.body)
			}
		}
	}
	phase("before")

	code, k12, said := command(t, env(k1), "keyset", "add")
	require.Zero(t, code, said)
	keys, err := auth.Keys(k12)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	old, fresh := fmt.Sprint(keys[0].ID), fmt.Sprint(keys[1].ID)
	require.Contains(t, said, "storelink keyset promote "+fresh)
	p.deploy(0, k12)
	phase("one has the key")
	p.deploy(1, k12)
	phase("both have the key")

	code, k21, said := command(t, env(k12), "keyset", "promote", fresh)
	require.Zero(t, code, said)
	p.deploy(0, k21)
	phase("one seals with the new key")
	code, _, said = command(t, env(k21), "keyset", "drop", old)
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `key `+old+` is still in use: \d+ values`, said)
	p.deploy(1, k21)
	phase("both seal with the new key")
	f := found(t, examineKeysOf(t, p.rig, k21), "keys")
	require.Equal(t, verdictWarning, f.Verdict)
	require.Regexp(t, old+` is still needed for \d+ values; key `+fresh+` seals`, f.Found)

	code, out, said := command(t, env(k21), "reseal")
	require.Zero(t, code, said)
	require.Regexp(t, `sealed anew: \d+ values\neverything is sealed with key `+fresh, out)
	phase("resealed")
	f = found(t, examineKeysOf(t, p.rig, k21), "keys")
	require.Equal(t, verdictOK, f.Verdict, f.Found)
	require.Contains(t, f.Found, old+" is not in use")
	code, out, _ = command(t, env(k21), "reseal")
	require.Zero(t, code)
	require.Contains(t, out, "sealed anew: 0 values")

	code, k2, said := command(t, env(k21), "keyset", "drop", old)
	require.Zero(t, code, said)
	require.NotContains(t, said, "NOT CHECKED")
	p.deploy(0, k2)
	phase("one has dropped the old key")
	p.deploy(1, k2)
	phase("both have dropped the old key")

	f = found(t, examineKeysOf(t, p.rig, k1), "keys")
	require.Equal(t, verdictWarning, f.Verdict)
	require.Contains(t, f.Found, "key "+fresh+", which the keyset lacks")
	code, out, said = command(t, env(k1), "reseal")
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "do not open")
	require.Contains(t, out, "does not open with this keyset: access_token of ")
	phase("whoever reseals with a keyset that lacks the key changes nothing")
}

func examineKeysOf(t *testing.T, r *rig, keyset string) []finding {
	t.Helper()
	s := *r.settings
	s.Keyset = keyset
	d := &doctor{settings: &s, wrong: map[string]bool{}}
	defer d.close()
	d.examineDatabase(t.Context())
	d.examineKeyset(t.Context())
	return d.findings
}

// nothingSet takes the settings of these commands out of the environment until the test ends.
func nothingSet(t *testing.T) {
	t.Helper()
	for _, name := range []string{"STORELINK_KEYSET", "STORELINK_KEYSET_FILE", "STORELINK_DATABASE_URL", "STORELINK_DATABASE_URL_FILE"} {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
}

func TestKeysetCommandsRefuseWhatWouldLoseTokens(t *testing.T) {
	keyset, err := auth.NewKeyset()
	require.NoError(t, err)
	keys, err := auth.Keys(keyset)
	require.NoError(t, err)
	own := fmt.Sprint(keys[0].ID)
	file := filepath.Join(t.TempDir(), "keyset")
	require.NoError(t, os.WriteFile(file, []byte(keyset), 0o600))
	tests := []struct {
		name string
		env  map[string]string
		args []string
		code int
		says string
	}{
		{"the key that seals is not dropped", map[string]string{"STORELINK_KEYSET": keyset}, []string{"keyset", "drop", own}, exitFailed, "promote another one first"},
		{"a key that is not there is not dropped", map[string]string{"STORELINK_KEYSET": keyset}, []string{"keyset", "drop", "7"}, exitFailed, "no key 7, but " + own},
		{"nor promoted", map[string]string{"STORELINK_KEYSET": keyset}, []string{"keyset", "promote", "7"}, exitFailed, "no key 7, but " + own},
		{"an id is a number", map[string]string{"STORELINK_KEYSET": keyset}, []string{"keyset", "promote", "first"}, exitBadSetting, "id"},
		{"nothing to add to", nil, []string{"keyset", "add"}, exitBadSetting, "STORELINK_KEYSET is required"},
		{"a keyset that is none", map[string]string{"STORELINK_KEYSET": canary}, []string{"keyset", "add"}, exitBadSetting, "STORELINK_KEYSET must be"},
		{"given twice", map[string]string{"STORELINK_KEYSET": keyset, "STORELINK_KEYSET_FILE": file}, []string{"keyset", "add"}, exitBadSetting, "given twice"},
		{"a file is not written over", map[string]string{"STORELINK_KEYSET_FILE": file}, []string{"keyset", "add", "--out", file}, exitFailed, "exists"},
		{"nor by a new one", nil, []string{"keyset", "new", "--out", file}, exitFailed, "exists"},
		{"resealing needs a database", map[string]string{"STORELINK_KEYSET": keyset}, []string{"reseal"}, exitBadSetting, "STORELINK_DATABASE_URL is required"},
		{"one that answers", map[string]string{"STORELINK_KEYSET": keyset, "STORELINK_DATABASE_URL": "postgres://x:" + canary + "@127.0.0.1:1/x"}, []string{"reseal"}, exitFailed, "database"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			nothingSet(t)
			code, out, said := command(t, tt.env, tt.args...)
			require.Equal(t, tt.code, code, said)
			require.Contains(t, said, tt.says)
			require.NotContains(t, out+said, canary)
			require.NotContains(t, out+said, keyset)
		})
	}
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, keyset, string(content))

	t.Run("dropped without a look", func(t *testing.T) {
		nothingSet(t)
		two, id, err := auth.AddKey(keyset)
		require.NoError(t, err)
		database := filepath.Join(t.TempDir(), "unreachable")
		require.NoError(t, os.WriteFile(database, []byte("postgres://x@127.0.0.1:1/x"), 0o600))
		code, _, said := command(t, map[string]string{"STORELINK_KEYSET": two, "STORELINK_DATABASE_URL_FILE": database}, "keyset", "drop", fmt.Sprint(id))
		require.Equal(t, exitFailed, code, "a database that does not answer is no leave")
		require.Contains(t, said, "database")
		nothingSet(t)
		out := filepath.Join(t.TempDir(), "dropped")
		code, printed, said := command(t, map[string]string{"STORELINK_KEYSET": two}, "keyset", "drop", fmt.Sprint(id), "--out", out)
		require.Zero(t, code, said)
		require.Empty(t, printed)
		require.Contains(t, said, "NOT CHECKED")
		info, err := os.Stat(out)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		written, err := os.ReadFile(out)
		require.NoError(t, err)
		left, err := auth.Keys(string(written))
		require.NoError(t, err)
		require.Equal(t, keys, left)
	})
}
