package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// operate sends a body with the operator's token.
func (r *rig) operate(method, path string, body any) answer {
	r.t.Helper()
	headers := []string{"Authorization", "Bearer " + r.tokens[config.RoleOperate]}
	if body == nil {
		return r.request(method, r.internal+path, nil, headers...)
	}
	text, err := json.Marshal(body)
	require.NoError(r.t, err)
	return r.request(method, r.internal+path, strings.NewReader(string(text)), append(headers, "Content-Type", "application/json")...)
}

// act does something to the store's mapping.
func (r *rig) act(s sandbox.Store, what string, body map[string]any) answer {
	r.t.Helper()
	return r.operate(http.MethodPost, "/admin/mappings/"+r.mappingOf(s).ID+"/"+what, body)
}

func because(reason string) map[string]any { return map[string]any{"reason": reason} }

// line is a line of history, with null as empty.
type line struct{ Kind, Actor, From, To, Why, RequestID, RunID string }

func (r *rig) linesOf(s sandbox.Store, kind string) []line {
	r.t.Helper()
	a := r.admin(config.RoleRead, http.MethodGet, "/admin/mappings/"+r.mappingOf(s).ID+"/history?limit=500")
	require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
	var history struct{ Items []line }
	require.NoError(r.t, a.into(&history))
	var found []line
	for _, e := range history.Items {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// settled waits until the store's mapping rests in the state.
func (r *rig) settled(s sandbox.Store, state string) {
	r.t.Helper()
	r.soon("it is "+state, func() bool {
		m := r.mappingOf(s)
		return m.State == state && m.LeasedUntil == nil && r.connectedTo(s) == m.ObservedLocalStoreID
	})
}

// What an operator reconciles is put right: what stands there may be replaced, or only what was expected.
func TestAnOperatorsReconcileRepairs(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.freeStores(sandbox.AccountSmall, 5)
	tests := []struct {
		name, shows, expect string
		state, ends         string
		calls               []string
	}{
		{"nothing is there", "", "", "connected", "K-0", []string{"GET", "POST K-0"}},
		{"another id", "HAND-1", "", "connected", "K-1", []string{"GET", "DELETE", "POST K-1"}},
		{"the expected id", "HAND-2", "HAND-2", "connected", "K-2", []string{"GET", "DELETE", "POST K-2"}},
		{"not the expected id", "HAND-3", "ELSE", "drifted", "HAND-3", []string{"GET"}},
		{"as desired", "K-4", "", "connected", "K-4", []string{"GET"}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, s, desired := r.as(t), stores[i], fmt.Sprint("K-", i)
			require.Equal(t, "connected", p.as(r).asked(s, desired, "").Outcome)
			r.box.RemoveConnection(s.StoreID)
			if tt.shows != "" {
				r.connectByHand(s, tt.shows)
			}
			body := because("the owner rang")
			if tt.expect != "" {
				body["expectObserved"] = tt.expect
			}
			r.box.ResetCalls()
			a := r.act(s, "reconcile", body)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			var m mappingView
			require.NoError(t, a.into(&m))
			require.Equal(t, desired, m.DesiredLocalStoreID)
			r.soon("it was looked at", func() bool { return len(r.callsOf(s)) == len(tt.calls) })
			r.settled(s, tt.state)
			require.Equal(t, tt.ends, r.connectedTo(s))
			require.Equal(t, tt.calls, r.callsOf(s))
			require.Equal(t, []line{{
				Kind: "reconcile", Actor: "operate-token", From: desired, To: desired, Why: "the owner rang",
				RequestID: a.header.Get("X-Request-Id"),
			}}, r.linesOf(s, "reconcile"))
			require.Equal(t, int64(1), r.mappingOf(s).Generation, "no ask was made")
		})
	}
}

// A look that goes on while an operator reconciles does not take the act away with it.
func TestAReconcileDuringALookIsNotLost(t *testing.T) {
	t.Parallel()
	g := &gate{}
	r := newRig(t, rigOptions{settings: shortTimeout, upstream: g.in})
	p := r.signedIn(sandbox.AccountSmall)
	s := r.freeStores(sandbox.AccountSmall, 1)[0]
	require.Equal(t, "connected", p.asked(s, "K-1", "").Outcome)
	r.connectByHand(s, "BY-HAND")
	h := g.before(t, http.MethodGet, s)
	r.exec(`UPDATE mappings SET due_at = storelink_now(), due_for = 'drift'`)
	h.wait()
	a := r.act(s, "reconcile", because("now"))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	h.release()
	r.soon("it is replaced", func() bool { return r.connectedTo(s) == "K-1" })
	r.settled(s, "connected")

	h = g.before(t, http.MethodGet, s)
	id := p.begin(want{s, "K-2", "K-1"})
	h.wait()
	r.problemOf(r.act(s, "reconcile", because("now")), http.StatusConflict, "conflict")
	r.problemOf(r.act(s, "adopt", because("now")), http.StatusConflict, "conflict")
	h.release()
	require.Equal(t, "replaced", p.ended(id).Items[0].Outcome)
}

// Upstream's id becomes ours, where no other store has it.
func TestAnOperatorAdoptsWhatUpstreamShows(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	stores := r.freeStores(sandbox.AccountSmall, 3)
	for i, id := range []string{"K-0", "K-1", "K-2"} {
		require.Equal(t, "connected", p.asked(stores[i], id, "").Outcome)
	}
	look := func() {
		r.exec(`UPDATE mappings SET due_at = storelink_now(), due_for = 'drift'`)
	}
	r.connectByHand(stores[0], "THEIRS")
	r.box.RemoveConnection(stores[1].StoreID)
	look()
	r.settled(stores[0], "drifted")
	r.settled(stores[1], "drifted")

	wrong := because("it is theirs")
	wrong["expectObserved"] = "K-0"
	r.problemOf(r.act(stores[0], "adopt", wrong), http.StatusConflict, "conflict")
	a := r.act(stores[0], "adopt", because("it is theirs"))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var m mappingView
	require.NoError(t, a.into(&m))
	require.Equal(t, "THEIRS", m.DesiredLocalStoreID)
	require.Equal(t, "connected", m.State)
	require.Equal(t, m.Generation, m.SettledGeneration)
	lines := r.linesOf(stores[0], "adopted")
	require.Equal(t, []line{{
		Kind: "adopted", Actor: "operate-token", From: "K-0", To: "THEIRS", Why: "it is theirs", RequestID: a.header.Get("X-Request-Id"),
	}}, lines)
	r.settled(stores[0], "connected")

	a = r.act(stores[1], "adopt", because("closed"))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	r.settled(stores[1], "disconnected")
	require.True(t, r.mappingOf(stores[1]).Managed)
	require.Equal(t, "replaced", p.asked(stores[2], "K-0", "K-2").Outcome, "what was given up is free")

	// The other store desires the id that upstream shows here.
	r.connectByHand(stores[1], "THEIRS")
	look()
	r.settled(stores[1], "drifted")
	found := r.problemOf(r.act(stores[1], "adopt", because("a mix-up")), http.StatusConflict, "local-store-id-taken")
	require.Contains(t, found.Detail, r.mappingOf(stores[0]).ID)
	require.Equal(t, "drifted", r.mappingOf(stores[1]).State)
}

// An operator's disconnect is a run of the store's organization, with the reason in history.
func TestAnOperatorDisconnects(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	p := r.signedIn(sandbox.AccountSmall)
	s := r.freeStores(sandbox.AccountSmall, 1)[0]
	require.Equal(t, "connected", p.asked(s, "K-1", "").Outcome)
	a := r.act(s, "disconnect", because("the contract has ended"))
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	var run struct{ ID, OrganizationName, Actor string }
	require.NoError(t, a.into(&run))
	require.Equal(t, "/admin/runs/"+run.ID, a.header.Get("Location"))
	require.Equal(t, "operate-token", run.Actor)
	require.NotEmpty(t, run.OrganizationName)
	require.Equal(t, "disconnected", p.ended(run.ID).Items[0].Outcome)
	require.Empty(t, r.connectedTo(s))
	lines := r.linesOf(s, "asked")
	last := lines[len(lines)-1]
	require.Equal(t, line{
		Kind: "asked", Actor: "operate-token", From: "K-1", Why: "the contract has ended",
		RequestID: a.header.Get("X-Request-Id"), RunID: run.ID,
	}, last)
	log := r.log.String()
	require.Contains(t, log, `"msg":"admin change"`)
	require.Contains(t, log, `"route":"/admin/mappings/:mappingId/disconnect"`)
	require.Contains(t, log, `"mapping_id":"`+r.mappingOf(s).ID+`"`)
	require.NotContains(t, log, "the contract has ended", "reasons stay in the history")
}

func TestBadActsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	s := r.freeStores(sandbox.AccountSmall, 1)[0]
	require.Equal(t, "connected", p.asked(s, "K-1", "").Outcome)
	id := r.mappingOf(s).ID
	var calls []badCall
	add := func(name, method, path, body string, status int, slug string, places ...string) {
		if len(places) == 0 {
			places = nil
		}
		calls = append(calls, badCall{name: name, method: method, path: path, body: body, status: status, slug: slug, places: places})
	}
	for _, what := range []string{"reconcile", "adopt", "disconnect"} {
		path := "/admin/mappings/" + id + "/" + what
		for name, reason := range map[string]string{
			"empty": "", "blank": "  ", "long": strings.Repeat("x", 10_000), "NUL": `a\u0000b`, "two lines": `a\nb`, "an escape": `\u001b[31m`,
		} {
			add(what+": reason "+name, http.MethodPost, path, `{"reason":"`+reason+`"}`, 400, "invalid-request", "/reason")
		}
		add(what+": no reason", http.MethodPost, path, `{}`, 400, "invalid-request", "/reason")
		add(what+": a number", http.MethodPost, path, `{"reason":1}`, 400, "invalid-request", "/reason")
		add(what+": an unknown field", http.MethodPost, path, `{"reason":"r","force":true}`, 400, "invalid-request", "/force")
		add(what+": an id with NUL", http.MethodPost, path, `{"reason":"r","expectObserved":"a\u0000"}`, 400, "invalid-request", "/expectObserved")
		add(what+": an empty id", http.MethodPost, path, `{"reason":"r","expectObserved":""}`, 400, "invalid-request", "/expectObserved")
		add(what+": no UUID", http.MethodPost, "/admin/mappings/7/"+what, `{"reason":"r"}`, 400, "invalid-request", "mappingId")
		add(what+": unknown", http.MethodPost, "/admin/mappings/01890000-0000-7000-8000-000000000000/"+what, `{"reason":"r"}`, 404, "not-found")
	}
	add("an unknown state", http.MethodGet, "/admin/runs?state=ended", "", 400, "invalid-request", "state")
	add("an unknown filter", http.MethodGet, "/admin/runs?actor=x", "", 400, "invalid-request", "actor")
	add("no organization", http.MethodGet, "/admin/grants?organizationId=1", "", 400, "invalid-request", "organizationId")
	add("a short q", http.MethodGet, "/admin/organizations?q=ab", "", 400, "invalid-request", "q")
	add("a long q", http.MethodGet, "/admin/organizations?q="+strings.Repeat("x", 10_000), "", 400, "invalid-request", "q")
	add("NUL in q", http.MethodGet, "/admin/organizations?q=ab%00c", "", 400, "invalid-request", "q")
	add("a made-up cursor", http.MethodGet, "/admin/organizations?cursor=abcd", "", 400, "invalid-request", "cursor")
	add("limit 0", http.MethodGet, "/admin/grants?limit=0", "", 400, "invalid-request", "limit")
	add("limit 501", http.MethodGet, "/admin/runs?limit=501", "", 400, "invalid-request", "limit")
	add("no such grant", http.MethodDelete, "/admin/grants/01890000-0000-7000-8000-000000000000", "", 404, "not-found")
	r.refuse(p, calls)
}
