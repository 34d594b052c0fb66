package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// mint makes a link with the role connect and returns its secret and the connect session's id.
func (r *rig) mint(body map[string]any) (secret, id string) {
	r.t.Helper()
	a := r.mints(body)
	require.Equal(r.t, http.StatusCreated, a.status, "%s", a.body)
	var made struct{ ID, Link string }
	require.NoError(r.t, a.into(&made))
	link, err := url.Parse(made.Link)
	require.NoError(r.t, err)
	require.Equal(r.t, r.public+"/connect", link.Scheme+"://"+link.Host+link.Path)
	require.NotEmpty(r.t, link.Fragment)
	return link.Fragment, made.ID
}

func (r *rig) mints(body map[string]any) answer {
	r.t.Helper()
	content, err := json.Marshal(body)
	require.NoError(r.t, err)
	return r.request(http.MethodPost, r.internal+"/admin/connect-sessions", bytes.NewReader(content),
		"Authorization", "Bearer "+r.tokens["connect"], "Content-Type", "application/json")
}

func (p *person) redeem(secret string) answer {
	p.r.t.Helper()
	return p.send(http.MethodPost, "/auth/connect", map[string]any{"secret": secret})
}

// mayUse are the local store ids that the session shows.
func (p *person) mayUse() []string {
	p.r.t.Helper()
	var session struct{ LocalStoreIDs []string }
	p.get("/api/session", &session)
	return session.LocalStoreIDs
}

func allows(ids ...string) map[string]any {
	return map[string]any{"localStoreIds": ids, "returnTo": "/stores"}
}

func sessionIDs(s *config.Settings) { s.LocalIDs = "session" }

// A link is redeemed once, by POST, in its time; what it allows belongs to the browser and to one organization.
func TestAConnectLinkIsBound(t *testing.T) {
	r := newRig(t, rigOptions{settings: sessionIDs})
	secret, id := r.mint(allows("K-2", "K-1"))
	p := r.visitor()
	for _, path := range []string{"/connect", "/auth/connect", "/connect?secret=" + secret} {
		p.send(http.MethodGet, path, nil)
	}
	require.Equal(t, http.StatusOK, p.redeem(secret).status, "no GET spent it")
	other := r.signedIn(sandbox.AccountSmall)
	r.problemOf(other.redeem(secret), http.StatusGone, "link-used")
	r.problemOf(p.redeem(secret), http.StatusGone, "link-used")
	r.problemOf(p.redeem("made up"), http.StatusGone, "link-used")
	require.Empty(t, other.mayUse(), "another browser gets nothing")

	_, err := p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	require.Equal(t, []string{"K-1", "K-2"}, p.mayUse(), "it survives the sign-in")
	_, err = p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	require.Equal(t, []string{"K-1", "K-2"}, p.mayUse(), "and the next one of the organization")
	_, err = p.signIn(t.Context(), sandbox.AccountShortLived, "allow", "/stores")
	require.NoError(t, err)
	require.Empty(t, p.mayUse(), "another organization loses the ids")
	_, err = p.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	require.Empty(t, p.mayUse(), "for good")
	require.Equal(t, "ended", r.connectState(id))

	late, lateID := r.mint(map[string]any{"localStoreIds": []string{"K-3"}, "returnTo": "/stores", "ttl": 60})
	r.exec(`UPDATE connect_sessions SET expires_at = storelink_now() WHERE id = $1`, lateID)
	r.problemOf(p.redeem(late), http.StatusGone, "link-used")
	require.Equal(t, "expired", r.connectState(lateID))

	named, namedID := r.mint(map[string]any{"localStoreIds": []string{"K-4"}, "returnTo": "/stores", "organizationId": scalar[string](r,
		`SELECT s.organization_id::text FROM sessions s JOIN organizations o ON o.id = s.organization_id WHERE s.ended_at IS NULL LIMIT 1`)})
	stranger := r.signedIn(sandbox.AccountLarge)
	require.Contains(t, string(stranger.redeem(named).body), `"bound":false`)
	require.Empty(t, stranger.mayUse(), "it is for another organization")
	_, err = stranger.signIn(t.Context(), sandbox.AccountSmall, "allow", "/stores")
	require.NoError(t, err)
	require.Equal(t, []string{"K-4"}, stranger.mayUse())
	require.Equal(t, http.StatusNoContent, stranger.send(http.MethodPost, "/auth/logout", nil).status)
	require.Equal(t, "ended", r.connectState(namedID))
	require.Empty(t, r.signedIn(sandbox.AccountSmall).mayUse())

	for _, ttl := range []int{0, 601} {
		body := allows("K-1")
		body["ttl"] = ttl
		r.problemOf(r.mints(body), http.StatusBadRequest, "invalid-request")
	}
	body := allows("K-1")
	body["returnTo"] = "https://elsewhere.example/"
	found := r.problemOf(r.mints(body), http.StatusBadRequest, "invalid-request")
	require.Equal(t, "/returnTo", found.Errors[0].Pointer)
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM connect_sessions WHERE connect_sessions::text LIKE '%' || $1 || '%'`, secret))
	require.NotContains(t, r.log.String(), secret)
}

func (r *rig) connectState(id string) string {
	r.t.Helper()
	var list struct {
		Items []struct{ ID, State string }
	}
	require.NoError(r.t, r.admin("read", http.MethodGet, "/admin/connect-sessions").into(&list))
	for _, c := range list.Items {
		if c.ID == id {
			return c.State
		}
	}
	return ""
}

// Only ids that the link allows can be connected, replaced, looked at beforehand or disconnected, until it is revoked.
func TestAConnectLinkAllowsItsIDsAlone(t *testing.T) {
	r := newRig(t, rigOptions{settings: sessionIDs})
	secret, id := r.mint(allows("K-1", "K-2"))
	p := r.signedIn(sandbox.AccountSmall)
	require.Contains(t, string(p.redeem(secret).body), `"bound":true`)
	stores := r.box.Stores(sandbox.AccountSmall)
	var shown struct{ ReturnTo string }
	p.get("/api/session", &shown)
	require.Equal(t, "/stores", shown.ReturnTo)
	r.untouched(func() {
		for _, path := range []string{"/api/onboard", "/api/onboard/preview"} {
			found := r.problemOf(p.send(http.MethodPost, path, ask(stores[0], "K-3", "")), http.StatusForbidden, "local-store-id-not-allowed")
			require.Equal(t, "/items/0/localStoreId", found.Errors[0].Pointer)
			found = r.problemOf(p.send(http.MethodPost, path, ask(stores[0], "K-1", "K-3")), http.StatusForbidden, "local-store-id-not-allowed")
			require.Equal(t, "/items/0/replaces", found.Errors[0].Pointer)
		}
		r.problemOf(p.send(http.MethodDelete, connectionPath(stores[0]), nil), http.StatusForbidden, "local-store-id-not-allowed")
		r.problemOf(p.send(http.MethodDelete, connectionPath(stores[0]), nil, "If-Match", `"K-3"`), http.StatusForbidden, "local-store-id-not-allowed")
	})
	require.Equal(t, "connected", p.onboard(stores[0], "K-1", "").Items[0].Outcome)
	require.Equal(t, "replaced", p.onboard(stores[0], "K-2", "K-1").Items[0].Outcome)
	require.Equal(t, 2, scalar[int](r, `SELECT count(*) FROM mapping_events WHERE kind = 'asked' AND why LIKE '%' || $1 || '%connect-token'`, id))
	gone := p.send(http.MethodDelete, connectionPath(stores[0]), nil, "Prefer", "wait=20")
	require.Equal(t, http.StatusNoContent, gone.status, "%s", gone.body)
	require.Equal(t, "connected", p.onboard(stores[0], "K-1", "").Items[0].Outcome)

	// Of a revoke and a write, the one that has the row goes first.
	tx, err := r.sql.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `UPDATE connect_sessions SET revoked_at = storelink_now() WHERE id = $1`, id)
	require.NoError(t, err)
	done := make(chan answer, 1)
	go func() {
		a, _ := p.call(t.Context(), http.MethodPost, "/api/onboard", ask(stores[1], "K-2", ""))
		done <- a
	}()
	require.Eventually(t, func() bool {
		return scalar[int](r, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))
	r.problemOf(<-done, http.StatusForbidden, "local-store-id-not-allowed")
	require.Empty(t, p.mayUse())
	r.problemOf(p.send(http.MethodPost, "/api/onboard/preview", ask(stores[1], "K-2", "")), http.StatusForbidden, "local-store-id-not-allowed")
	r.problemOf(p.send(http.MethodDelete, connectionPath(stores[0]), nil), http.StatusForbidden, "local-store-id-not-allowed")
	require.Equal(t, "revoked", r.connectState(id))
	require.Equal(t, http.StatusNoContent, r.admin("operate", http.MethodDelete, "/admin/connect-sessions/"+id).status)
}

// A link for a group allows the stores that the group has, and shows no other of the catalogue.
func TestAConnectLinkForAGroup(t *testing.T) {
	r := newRig(t, rigOptions{settings: sessionIDs})
	r.exec(`INSERT INTO local_stores (id, name, group_name) VALUES ('b-1', 'Bay', 'ours'), ('B-2', 'Bee', 'ours'), ('c-1', 'Cay', 'theirs')`)
	secret, _ := r.mint(map[string]any{"group": "ours", "returnTo": "/stores"})
	p := r.signedIn(sandbox.AccountSmall)
	var list struct{ Items []struct{ ID string } }
	p.get("/api/local-stores", &list)
	require.Empty(t, list.Items)
	require.Equal(t, http.StatusOK, p.redeem(secret).status)
	require.Equal(t, []string{"B-2", "b-1"}, p.mayUse())
	p.get("/api/local-stores", &list)
	require.Len(t, list.Items, 2)
	require.Equal(t, "connected", p.onboard(r.box.Stores(sandbox.AccountSmall)[0], "b-1", "").Items[0].Outcome)
	r.problemOf(p.send(http.MethodPost, "/api/onboard", ask(r.box.Stores(sandbox.AccountSmall)[1], "c-1", "")), http.StatusForbidden, "local-store-id-not-allowed")
	for _, body := range []map[string]any{
		{"group": "nobody's", "returnTo": "/stores"},
		{"returnTo": "/stores"},
		{"group": "ours", "localStoreIds": []string{"b-1"}, "returnTo": "/stores"},
	} {
		r.problemOf(r.mints(body), http.StatusBadRequest, "invalid-request")
	}
}
