package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// read decodes a 200 of the internal listener.
func (r *rig) read(path string, into any) {
	r.t.Helper()
	a := r.admin(config.RoleRead, http.MethodGet, path)
	require.Equal(r.t, http.StatusOK, a.status, "%s: %s", path, a.body)
	require.NoError(r.t, a.into(into))
}

type adminRunView struct {
	ID, OrganizationID, OrganizationName, State string
	Counts                                      map[string]int
	Items                                       []itemView
}

type page[T any] struct {
	Items      []T
	NextCursor string
}

// all reads every page of a list, one item at a time.
func all[T any](r *rig, path string) []T {
	r.t.Helper()
	var found []T
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for cursor := ""; ; {
		var p page[T]
		r.read(path+separator+"limit=1"+cursor, &p)
		found = append(found, p.Items...)
		if p.NextCursor == "" {
			return found
		}
		require.Len(r.t, p.Items, 1)
		cursor = "&cursor=" + p.NextCursor
	}
}

// Operators see and cancel the runs of every organization.
func TestOperatorsSeeAllRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	small, large := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountLarge)
	first := small.begin(want{r.freeStores(sandbox.AccountSmall, 1)[0], "K-1", ""})
	small.ended(first)
	r.stall()
	stores := r.freeStores(sandbox.AccountLarge, 2)
	second := large.begin(want{stores[0], "L-1", ""}, want{stores[1], "L-2", ""})
	r.soon("the second waits", func() bool { return large.view(second).State == "waiting" })

	runs := all[adminRunView](r, "/admin/runs")
	require.Equal(t, []string{second, first}, []string{runs[0].ID, runs[1].ID}, "newest first")
	require.NotEqual(t, runs[0].OrganizationID, runs[1].OrganizationID)
	require.NotEmpty(t, runs[0].OrganizationName)
	for filter, ids := range map[string][]string{
		"state=done": {first}, "state=waiting": {second}, "state=running": nil,
		"organizationId=" + runs[1].OrganizationID: {first}, "organizationId=" + runs[1].OrganizationID + "&state=waiting": nil,
	} {
		var found []string
		for _, run := range all[adminRunView](r, "/admin/runs?"+filter) {
			found = append(found, run.ID)
		}
		require.Equal(t, ids, found, filter)
	}
	var run adminRunView
	r.read("/admin/runs/"+second, &run)
	require.Equal(t, "waiting", run.State)
	require.Len(t, run.Items, 2)
	require.Len(t, all[itemView](r, "/admin/runs/"+second+"/items?outcome=pending"), 2)
	require.Empty(t, all[itemView](r, "/admin/runs/"+first+"/items?outcome=pending"))

	a := r.operate(http.MethodPost, "/admin/runs/"+second+"/cancel", nil)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	r.box.ClearFaults()
	large.ended(second)
	r.problemOf(r.operate(http.MethodPost, "/admin/runs/"+second+"/cancel", nil), http.StatusConflict, "run-ended")

	events := r.admin(config.RoleRead, http.MethodGet, "/admin/runs/"+second+"/events")
	require.Equal(t, http.StatusOK, events.status)
	require.Equal(t, "text/event-stream", events.header.Get("Content-Type"))
	require.Contains(t, string(events.body), `"organizationId":"`+runs[0].OrganizationID+`"`)
	require.Contains(t, string(events.body), `"state":"done"`, "the stream ends with the run")
}

type organizationView struct {
	ID, Name, DriftPolicy string
	Mappings              map[string]int
	Grants                struct {
		State         string
		Active, Ended int
		ExpiresAt     string
	}
}

type grantView struct {
	ID, OrganizationID, State, Reason, RefreshedAt, ExpiresAt string
	Scopes                                                    []string
	Sessions                                                  int
}

// Organizations stand with their mappings by state and the health of their consent; grants with all but their tokens.
func TestOperatorsSeeOrganizationsAndGrants(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	small := r.signedIn(sandbox.AccountSmall)
	r.signedIn(sandbox.AccountSmall)
	r.signedIn(sandbox.AccountLarge)
	stores := r.freeStores(sandbox.AccountSmall, 2)
	small.ended(small.begin(want{stores[0], "K-1", ""}, want{stores[1], "K-2", ""}))
	r.connectByHand(stores[1], "BY-HAND")
	require.Equal(t, "conflict", small.asked(stores[1], "K-3", "").Outcome)

	byID := map[string]organizationView{}
	for _, o := range all[organizationView](r, "/admin/organizations") {
		byID[o.ID] = o
	}
	require.Len(t, byID, 2)
	grants := all[grantView](r, "/admin/grants")
	require.Len(t, grants, 3)
	mine := byID[grants[0].OrganizationID]
	require.Equal(t, 1, mine.Mappings["connected"])
	require.Equal(t, 1, mine.Mappings["conflict"])
	require.Equal(t, "active", mine.Grants.State)
	require.Equal(t, 2, mine.Grants.Active)
	require.NotEmpty(t, mine.Grants.ExpiresAt)
	require.Empty(t, mine.DriftPolicy)
	require.Len(t, all[organizationView](r, "/admin/organizations?q="+strings.ToUpper(mine.Name[:4])), 1)
	require.Empty(t, all[organizationView](r, "/admin/organizations?q=%25%25%25"), "wildcards are taken literally")

	require.Equal(t, 1, grants[0].Sessions)
	require.NotEmpty(t, grants[0].Scopes)
	r.exec(`UPDATE grants SET state = 'reauthorization_required', reason = 'Otter did not accept it any more' WHERE id = $1`, grants[0].ID)
	r.exec(`UPDATE grants SET sealed_refresh = NULL, expires_at = storelink_now() - interval '1 second' WHERE id = $1`, grants[1].ID)
	ended := all[grantView](r, "/admin/grants?state=reauthorization_required&organizationId="+mine.ID)
	require.Len(t, ended, 2)
	require.Equal(t, "Otter did not accept it any more", ended[0].Reason)
	require.Equal(t, "the consent has expired", ended[1].Reason)
	require.Len(t, all[grantView](r, "/admin/grants?state=active"), 1)
	for _, o := range all[organizationView](r, "/admin/organizations") {
		byID[o.ID] = o
	}
	require.Equal(t, "reauthorization_required", byID[mine.ID].Grants.State)
	require.Equal(t, 2, byID[mine.ID].Grants.Ended)

	for _, g := range grants[:2] {
		require.Equal(t, http.StatusNoContent, r.operate(http.MethodDelete, "/admin/grants/"+g.ID, nil).status)
	}
	for _, o := range all[organizationView](r, "/admin/organizations") {
		byID[o.ID] = o
	}
	require.Equal(t, "none", byID[mine.ID].Grants.State)
}

// A grant that is forgotten while it is refreshed stays forgotten: its session and its stream end.
func TestAForgottenGrantIsNotRevivedByARefresh(t *testing.T) {
	t.Parallel()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	r := newRig(t, rigOptions{upstream: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			if bytes.Contains(body, []byte("grant_type=refresh_token")) {
				close(arrived)
				<-goOn
			}
			req.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, req)
		})
	}})
	p := r.signedIn(sandbox.AccountRefreshing)
	requireNoEnd(t, p)
	p.known()
	r.stall()
	run := p.startRun(itemsFor(r.freeStores(sandbox.AccountRefreshing, 1), "K-")...)
	f := p.follow("", run.ID)
	require.Equal(t, http.StatusOK, f.status)
	grants := all[grantView](r, "/admin/grants")
	require.Len(t, grants, 1)
	require.Empty(t, grants[0].RefreshedAt)

	r.exec(`UPDATE grants SET expires_at = storelink_now() - interval '1 minute'`)
	answered := make(chan answer)
	go func() {
		a, err := p.call(t.Context(), http.MethodGet, connectionPath(r.box.Stores(sandbox.AccountRefreshing)[0]), nil)
		if err != nil {
			a.status = -1
		}
		answered <- a
	}()
	<-arrived
	require.Equal(t, http.StatusNoContent, r.operate(http.MethodDelete, "/admin/grants/"+grants[0].ID, nil).status)
	close(goOn)
	require.Equal(t, http.StatusUnauthorized, (<-answered).status)
	f.rest()
	require.Empty(t, all[grantView](r, "/admin/grants"), "the refresh brought nothing back")
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM sessions`))
	r.problemOf(p.send(http.MethodGet, "/api/organization", nil), http.StatusUnauthorized, "not-signed-in")
	r.problemOf(r.operate(http.MethodDelete, "/admin/grants/"+grants[0].ID, nil), http.StatusNotFound, "not-found")
	require.Contains(t, r.log.String(), `"grant_id":"`+grants[0].ID+`"`)
}

// An organization may have a policy of its own for what was changed at Otter.
func TestOperatorsSetTheDriftPolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.signedIn(sandbox.AccountSmall)
	path := "/admin/organizations/" + all[organizationView](r, "/admin/organizations")[0].ID
	for _, policy := range []any{"heal", "report", nil} {
		require.Equal(t, http.StatusNoContent, r.operate(http.MethodPatch, path, map[string]any{"driftPolicy": policy}).status)
		wanted, _ := policy.(string)
		require.Equal(t, wanted, all[organizationView](r, "/admin/organizations")[0].DriftPolicy)
	}
	r.problemOf(r.operate(http.MethodPatch, path, map[string]any{"driftPolicy": "guess"}), http.StatusBadRequest, "invalid-request")
	r.problemOf(r.operate(http.MethodPatch, path, map[string]any{}), http.StatusBadRequest, "invalid-request")
	r.problemOf(r.operate(http.MethodPatch, "/admin/organizations/01890000-0000-7000-8000-000000000001", map[string]any{"driftPolicy": "heal"}),
		http.StatusNotFound, "not-found")
}

// requireNoEnd holds that a consent which renews itself shows nobody an end.
func requireNoEnd(t *testing.T, p *person) {
	t.Helper()
	var session struct {
		Grant struct {
			State     string
			ExpiresAt *time.Time
		}
	}
	p.get("/api/session", &session)
	require.Equal(t, "active", session.Grant.State)
	require.Nil(t, session.Grant.ExpiresAt)
}
