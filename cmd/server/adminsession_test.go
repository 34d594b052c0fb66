package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

type adminSessionView struct {
	Name, Role string
	ExpiresAt  *time.Time
}

// operator is a browser at the console.
func (r *rig) operator() *person { return &person{browser: newBrowser(r.internal), r: r} }

// signedInAs is a browser at the console in which the role's token was exchanged for a session.
func (r *rig) signedInAs(role string) *person {
	r.t.Helper()
	p := r.operator()
	a := p.send(http.MethodPost, "/admin/session", map[string]string{"token": r.tokens[role]})
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	return p
}

// A browser exchanges an admin token for a cookie that opens what the token opens, and nothing more.
func TestAnAdminTokenBecomesASession(t *testing.T) {
	r := newRig(t, rigOptions{})
	watch := &cookieWatch{}
	p := r.operator()
	p.client.Transport = watch
	r.problemOf(p.send(http.MethodGet, "/admin/session", nil), http.StatusUnauthorized, "not-signed-in")
	for _, wrong := range []string{"nobody", strings.Repeat("A", 26), r.tokens["read"][1:], strings.Split(r.settings.AdminTokens, ":")[2][:64]} {
		a := p.send(http.MethodPost, "/admin/session", map[string]string{"token": wrong})
		r.problemOf(a, http.StatusUnauthorized, "not-signed-in")
	}
	for _, bad := range []any{map[string]string{}, map[string]string{"token": ""}, map[string]any{"token": 1}, map[string]string{"token": "a", "name": "b"}} {
		r.problemOf(p.send(http.MethodPost, "/admin/session", bad), http.StatusBadRequest, "invalid-request")
	}
	r.problemOf(p.send(http.MethodPost, "/admin/session", map[string]string{"token": r.tokens["connect"]}), http.StatusForbidden, "forbidden")
	require.Empty(t, watch.seen)

	a := p.send(http.MethodPost, "/admin/session", map[string]string{"token": r.tokens["read"]})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.NotContains(t, string(a.body), r.tokens["read"])
	require.Len(t, watch.seen, 1)
	c := watch.seen[0]
	require.True(t, c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "" && c.SameSite == http.SameSiteStrictMode, c.Raw)
	require.Equal(t, "__Host-storelink-admin", c.Name)
	require.GreaterOrEqual(t, len(c.Value), 43, "at least 256 bits")

	var session adminSessionView
	p.get("/admin/session", &session)
	require.Equal(t, "read-token", session.Name)
	require.Equal(t, config.RoleRead, session.Role)
	require.WithinDuration(t, time.Now().Add(8*time.Hour), *session.ExpiresAt, time.Minute)
	p.get("/admin/mappings", &struct{}{})
	r.problemOf(p.send(http.MethodDelete, "/admin/grants/01890000-0000-7000-8000-000000000000", nil), http.StatusForbidden, "forbidden")

	a = r.admin("operate", http.MethodGet, "/admin/session")
	require.JSONEq(t, `{"name": "operate-token", "role": "operate", "expiresAt": null}`, string(a.body))
	require.Equal(t, http.StatusNotFound, r.signedInAs("operate").
		send(http.MethodDelete, "/admin/grants/01890000-0000-7000-8000-000000000000", nil).status)

	again := c.Name + "=" + c.Value
	require.Equal(t, http.StatusNoContent, p.send(http.MethodDelete, "/admin/session", nil).status)
	replayed := r.request(http.MethodGet, r.internal+"/admin/mappings", nil, "Cookie", again, "Sec-Fetch-Site", "same-origin")
	r.problemOf(replayed, http.StatusUnauthorized, "not-signed-in")
}

// Who tries tokens at the console's sign-in is told to wait, and no longer whether one is right.
func TestAdminTokensCannotBeGuessed(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.operator()
	status := 0
	for n := 0; n < 100 && status != http.StatusTooManyRequests; n++ {
		status = p.send(http.MethodPost, "/admin/session", map[string]string{"token": "guess"}).status
	}
	a := p.send(http.MethodPost, "/admin/session", map[string]string{"token": r.tokens["read"]})
	r.problemOf(a, http.StatusTooManyRequests, "too-many-requests")
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Empty(t, a.header.Values("Set-Cookie"))
	require.Equal(t, http.StatusOK, r.admin("read", http.MethodGet, "/admin/session").status, "programs are not kept out")
}

// A session at the console ends by itself, with its token, and with the next one of its browser.
func TestAnAdminSessionEnds(t *testing.T) {
	r := newRig(t, rigOptions{})
	gone := func(p *person) {
		t.Helper()
		r.problemOf(p.send(http.MethodGet, "/admin/session", nil), http.StatusUnauthorized, "not-signed-in")
	}
	idle, old, used, replaced := r.signedInAs("read"), r.signedInAs("read"), r.signedInAs("operate"), r.signedInAs("read")
	before := replaced.cookie()
	require.Equal(t, http.StatusOK, replaced.send(http.MethodPost, "/admin/session", map[string]string{"token": r.tokens["operate"]}).status)
	a := r.request(http.MethodGet, r.internal+"/admin/session", nil, "Cookie", before, "Sec-Fetch-Site", "same-origin")
	r.problemOf(a, http.StatusUnauthorized, "not-signed-in")

	const set = `WITH sorted AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM admin_sessions)
		UPDATE admin_sessions s SET `
	r.exec(set + `seen_at = seen_at - interval '30 minutes' FROM sorted WHERE sorted.id = s.id AND n = 1`)
	gone(idle)
	r.exec(set + `created_at = created_at - interval '8 hours' FROM sorted WHERE sorted.id = s.id AND n = 2`)
	gone(old)
	r.exec(set + `seen_at = seen_at - interval '20 minutes' FROM sorted WHERE sorted.id = s.id AND n = 3`)
	used.get("/admin/session", &adminSessionView{})
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM admin_sessions WHERE id IN (
		SELECT id FROM admin_sessions ORDER BY id OFFSET 2 LIMIT 1) AND seen_at < storelink_now() - interval '1 minute'`), "use counts")

	r.service.stop()
	r.settings.AdminTokens = strings.Join(strings.Split(r.settings.AdminTokens, ",")[:1], ",")
	r.start(100)
	used.origin = r.internal
	gone(used)
}

// The console's cookie counts at the console's own address alone; programs come with a token to any.
func TestTheAdminCookieCountsAtItsOwnHost(t *testing.T) {
	r := newRig(t, rigOptions{})
	p := r.signedInAs("operate")
	rebound := []string{"Host", "evil.example", "Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"}
	for _, path := range []string{"/admin/session", "/admin/mappings", "/debug/pprof"} {
		a := r.request(http.MethodGet, r.internal+path, nil, append(rebound, "Cookie", p.cookie())...)
		r.problemOf(a, http.StatusMisdirectedRequest, "wrong-host")
		a = r.request(http.MethodGet, r.internal+path, nil, "Cookie", p.cookie(), "Sec-Fetch-Site", "cross-site")
		r.problemOf(a, http.StatusForbidden, "cross-site-request")
		a = r.request(http.MethodGet, r.internal+path, nil, "Host", "storelink.internal", "Authorization", "Bearer "+r.tokens["operate"])
		require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.body)
	}
	body := strings.NewReader(`{"token": "` + r.tokens["operate"] + `"}`)
	a := r.request(http.MethodPost, r.internal+"/admin/session", body, append(rebound, "Content-Type", "application/json")...)
	r.problemOf(a, http.StatusMisdirectedRequest, "wrong-host")

	console := r.request(http.MethodGet, r.internal+"/mappings?state=failed", nil)
	require.Equal(t, http.StatusOK, console.status)
	require.Contains(t, string(console.body), "console")
	require.NotContains(t, string(r.request(http.MethodGet, r.internal+"/index.html", nil).body), "<title>storelink</title>")
	require.NotContains(t, string(r.request(http.MethodGet, r.public+"/console.html", nil).body), "console")
}

// A stream at the console ends with its session.
func TestAnAdminStreamEndsWithItsSession(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.box.Inject(sandbox.Fault{PathPattern: "/connection$", Hang: true, Times: -1})
	manager := r.signedIn(sandbox.AccountSmall)
	a := manager.send(http.MethodPost, "/api/onboard", ask(r.box.Stores(sandbox.AccountSmall)[0], "K-1", ""), "Prefer", "wait=0")
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	path := "/admin/runs/" + strings.TrimPrefix(a.header.Get("Location"), "/api/onboard/") + "/events"
	staying, leaving := r.signedInAs("read").followAt("", path), r.signedInAs("operate").followAt("", path)
	for _, f := range []*follower{staying, leaving} {
		_, ok := f.next()
		require.True(t, ok)
	}
	r.exec(`DELETE FROM admin_sessions WHERE id = (SELECT max(id::text)::uuid FROM admin_sessions)`)
	require.Empty(t, leaving.rest())
	r.box.ClearFaults()
	require.NotEmpty(t, staying.rest(), "the run ends, and so does its stream")
}
