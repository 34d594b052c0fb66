package sandbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

func (r *rig) control(method, path, body string) reply {
	r.t.Helper()
	return r.do(method, "/_sandbox/"+path, body, "Content-Type", "application/json")
}

func TestControlPath(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, s := r.as("small"), r.Stores("small")[0]

	var accounts []sandbox.Account
	r.control("GET", "accounts", "").into(t, &accounts)
	require.Equal(t, r.Accounts(), accounts)
	var stores []sandbox.Store
	r.control("GET", "stores?account=small", "").into(t, &stores)
	require.Equal(t, r.Stores("small"), stores)
	require.Equal(t, 404, r.control("GET", "stores?account=x", "").status)

	link := "connections/" + s.StoreID
	require.Equal(t, 404, r.control("GET", link, "").status)
	require.Equal(t, 404, r.control("DELETE", link, "").status)
	require.Equal(t, 204, r.control("PUT", link, `{"localStoreId":"X"}`).status)
	require.JSONEq(t, `{"localStoreId":"X"}`, r.control("GET", link, "").body)
	require.Equal(t, 422, r.control("PUT", link, `{"localStoreId":""}`).status)
	require.Equal(t, 404, r.control("PUT", "connections/unknown", `{"localStoreId":"X"}`).status)
	require.Equal(t, 204, r.control("DELETE", link, "").status)

	require.Equal(t, 204, r.control("POST", "faults", `{"method":"GET","pathPattern":"organization$","status":503,"times":2}`).status)
	require.Equal(t, 503, u.call("GET", "", "").status)
	require.JSONEq(t, `[{"method":"GET","pathPattern":"organization$","status":503,"times":1}]`, r.control("GET", "faults", "").body)
	require.Equal(t, 204, r.control("DELETE", "faults", "").status)
	require.Equal(t, 200, u.call("GET", "", "").status)
	for _, body := range []string{
		`{}`, `{"status":99}`, `{"pathPattern":"(","status":500}`, `{"drop":"never"}`, `{"status":500,"hang":true}`, `{"delayMs":-1}`,
		`{"nonsense":1}`, `{"lateEffectMs":5,"afterEffect":true}`,
	} {
		require.Equal(t, 400, r.control("POST", "faults", body).status, body)
	}
	require.Equal(t, 400, r.do("POST", "/_sandbox/faults", `{"status":500}`, "Content-Type", "text/plain").status, "no form of another origin")

	var calls []sandbox.Call
	r.control("GET", "calls", "").into(t, &calls)
	require.Len(t, calls, 2, "the control path is not recorded")
	require.Equal(t, 204, r.control("DELETE", "calls", "").status)
	require.Empty(t, r.Calls())

	require.Equal(t, 204, r.control("POST", "redirect-uris", `{"redirectUri":"http://localhost:1/cb"}`).status)
	require.Equal(t, 302, r.do("GET", authorizePath+"?"+authorizeQuery("redirect_uri", "http://localhost:1/cb").Encode(), "").status)

	require.Equal(t, 204, r.control("DELETE", "tokens?account=small", "").status)
	require.Equal(t, 401, u.call("GET", "", "").status)
	require.Equal(t, 404, r.control("DELETE", "tokens?account=x", "").status)
	require.Equal(t, 404, r.control("GET", "unknown", "").status)
}

func TestControlSettings(t *testing.T) {
	r := start(t, sandbox.Options{RatePerSecond: 20})
	require.Equal(t, 204, r.control("PUT", "settings", `{"ratePerSecond":1,"heldId":"accept"}`).status)
	require.JSONEq(t, `{"ratePerSecond":1,"tokenPerMinute":0,"storePerMinute":0,"heldId":"accept","latencyMs":0}`, r.control("GET", "settings", "").body)
	u, s := r.as("small"), r.Stores("small")
	require.Equal(t, 204, u.call("POST", connectionOf(s[0]), storeID("LEGACY-1")).status, "held ids are accepted now")
	require.Equal(t, 429, u.call("GET", "", "").status)
	for _, body := range []string{`{"heldId":"x"}`, `{"latencyMs":-1}`, `{"unknown":1}`, `[]`} {
		require.Equal(t, 400, r.control("PUT", "settings", body).status, body)
	}
	require.Equal(t, 1, r.Settings().RatePerSecond)
}

func TestStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sandbox.json")
	first := start(t, sandbox.Options{StateFile: path})
	u, s := first.as("small"), first.Stores("small")
	refreshing := first.form(tokenPath, exchangeForm(first.code("refreshing"))).object(t)
	code := first.code("small")
	require.Equal(t, 204, u.call("POST", connectionOf(s[0]), storeID("A")).status)
	require.Equal(t, 204, u.call("DELETE", connectionOf(s[2]), "").status)
	require.Eventually(t, func() bool {
		_, err := os.Stat(path)
		return err == nil
	}, 10*time.Second, 10*time.Millisecond, "written without being closed")
	require.NoError(t, first.Close())

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, secret := range []string{u.token, code, fmt.Sprint(refreshing["refresh_token"])} {
		require.NotContains(t, string(data), secret)
	}

	second := start(t, sandbox.Options{StateFile: path})
	again := user{second, u.token}
	require.JSONEq(t, `{"storeId":"A"}`, again.call("GET", connectionOf(s[0]), "").body)
	require.Equal(t, 404, again.call("GET", connectionOf(s[2]), "").status, "seeded connections do not come back")
	require.Equal(t, 409, again.call("POST", connectionOf(s[1]), storeID("A")).status, "still held")
	require.Equal(t, 200, second.form(tokenPath, exchangeForm(code)).status)
	require.Equal(t, 200, second.form(tokenPath, exchangeForm("", "grant_type", "refresh_token",
		"refresh_token", fmt.Sprint(refreshing["refresh_token"]))).status)
}

func TestBrokenStateFileIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sandbox.json")
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	s := sandbox.New(sandbox.Options{StateFile: path})
	_, ok := s.Connection(s.Stores("small")[2].StoreID)
	require.True(t, ok, "seeded")
	require.NoError(t, s.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(data), sandbox.LegacyLocalID)
}

func TestUnwritableStateFile(t *testing.T) {
	s := sandbox.New(sandbox.Options{StateFile: filepath.Join(t.TempDir(), "missing", "sandbox.json")})
	require.Error(t, s.Close())
	require.NoError(t, s.Close(), "closing twice is harmless")
}
