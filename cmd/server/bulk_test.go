package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

func bulk(action string, count int, filter map[string]any) map[string]any {
	return map[string]any{"action": action, "filter": filter, "expectCount": count, "reason": "the owner rang"}
}

// many does the same to all mappings that match, and returns the run once it is done.
func (r *rig) many(action string, count int, filter map[string]any) runShape {
	r.t.Helper()
	a := r.operate(http.MethodPost, "/admin/mappings/actions", bulk(action, count, filter))
	require.Equal(r.t, http.StatusAccepted, a.status, "%s", a.body)
	return r.adminRunEnded(a.header.Get("Location"))
}

func (r *rig) adminRunEnded(path string) runShape {
	r.t.Helper()
	var run runShape
	r.soon("the run ends", func() bool {
		run = runShape{} // null leaves what an earlier answer put there
		a := r.admin(config.RoleRead, http.MethodGet, path)
		require.Equal(r.t, http.StatusOK, a.status, "%s", a.body)
		require.NoError(r.t, a.into(&run))
		return run.State == "done"
	})
	return run
}

// What an operator does to all that match is one run, over several organizations where need be, with an outcome a store.
func TestAnOperatorActsOnMany(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: shortTimeout})
	here, there := r.signedIn(sandbox.AccountSmall), r.signedIn(sandbox.AccountRefreshing)
	mine, theirs := r.freeStores(sandbox.AccountSmall, 3), r.freeStores(sandbox.AccountRefreshing, 2)
	all := append(append([]sandbox.Store{}, mine...), theirs...)
	for i, s := range mine {
		require.Equal(t, "connected", here.asked(s, fmt.Sprintf("K-%d", i), "").Outcome)
	}
	for i, s := range theirs {
		require.Equal(t, "connected", there.asked(s, fmt.Sprintf("L-%d", i), "").Outcome)
	}
	connected := map[string]any{"state": []string{"connected"}}

	var preview struct{ Count int }
	a := r.operate(http.MethodPost, "/admin/mappings/actions", map[string]any{"action": "reconcile", "filter": connected, "preview": true})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.NoError(t, a.into(&preview))
	require.Equal(t, 5, preview.Count)

	r.box.RemoveConnection(mine[0].StoreID)
	r.box.SetConnection(mine[1].StoreID, "BY-HAND")
	run := r.many("reconcile", 5, connected)
	require.Equal(t, 5, run.Total)
	require.Equal(t, map[string]int{"connected": 1, "replaced": 1, "unchanged": 3, "disconnected": 0, "conflict": 0, "superseded": 0, "cancelled": 0, "failed": 0, "pending": 0},
		run.Counts, "%+v", run.Items)
	for i, s := range mine {
		r.settled(s, "connected")
		require.Equal(t, fmt.Sprintf("K-%d", i), r.connectedTo(s))
	}
	lines := r.linesOf(mine[1], "asked")
	told := lines[len(lines)-1]
	require.Equal(t, "operate-token", told.Actor)
	require.Equal(t, "the owner rang", told.Why)
	require.Equal(t, run.ID, told.RunID)
	require.Equal(t, "K-1", told.From, "what was desired before")
	require.Equal(t, "K-1", told.To)
	r.problemOf(r.operate(http.MethodPost, "/admin/runs/"+run.ID+"/cancel", nil), http.StatusConflict, "run-ended")
	r.problemOf(here.send(http.MethodGet, "/api/onboard/"+run.ID, nil), http.StatusNotFound, "not-found")

	for i, s := range all {
		r.box.SetConnection(s.StoreID, fmt.Sprintf("HAND-%d", i))
	}
	r.box.SetConnection(mine[2].StoreID, "L-0") // which a store of the other organization is to have
	for _, s := range all {
		r.lookAt(s)
	}
	for _, s := range all {
		r.settled(s, "drifted")
	}
	adopted := r.many("adopt", 5, map[string]any{"state": []string{"drifted"}})
	require.Equal(t, 4, adopted.Counts["unchanged"], "%+v", adopted.Items)
	require.Equal(t, 1, adopted.Counts["failed"], "%+v", adopted.Items)
	for _, item := range adopted.Items {
		if *item.Outcome == "failed" {
			require.Equal(t, mine[2].StoreID, item.StoreID)
			require.Equal(t, "local_store_id_taken", item.Error.Code)
		}
	}
	require.Equal(t, "HAND-0", *r.mappingRow(mine[0]).DesiredLocalStoreID)

	lines = r.linesOf(mine[0], "adopted")
	require.Len(t, lines, 1)
	require.Equal(t, []string{"K-0", "HAND-0", "the owner rang"}, []string{lines[0].From, lines[0].To, lines[0].Why})
	r.settled(mine[0], "connected")

	gone := r.many("disconnect", 2, map[string]any{"organizationId": r.mappingRow(theirs[0]).OrganizationID})
	require.Equal(t, 2, gone.Counts["disconnected"], "%+v", gone.Items)
	require.Empty(t, r.connectedTo(theirs[0]))
	require.Equal(t, http.StatusOK, there.send(http.MethodGet, "/api/onboard/"+gone.ID, nil).status, "a run of one organization is that organization's")
}

// lookAt makes the store due for a look at what somebody changed by hand.
func (r *rig) lookAt(s sandbox.Store) {
	r.t.Helper()
	r.exec(`UPDATE mappings SET due_at = storelink_now(), due_for = 'drift' WHERE store_id = $1`, s.StoreID)
}

type mappingRow struct {
	OrganizationID      string
	DesiredLocalStoreID *string
}

func (r *rig) mappingRow(s sandbox.Store) mappingRow {
	r.t.Helper()
	var list struct{ Items []mappingRow }
	a := r.admin(config.RoleRead, http.MethodGet, "/admin/mappings?remoteStoreId="+s.StoreID)
	require.NoError(r.t, a.into(&list))
	require.Len(r.t, list.Items, 1)
	return list.Items[0]
}

// What cannot be meant is refused, and nothing is changed.
func TestABulkActIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.signedIn(sandbox.AccountSmall)
	p.onboard(r.freeStores(sandbox.AccountSmall, 1)[0], "K-1", "")
	connected := map[string]any{"state": []string{"connected"}}
	without := func(field string) map[string]any {
		body := bulk("reconcile", 1, connected)
		delete(body, field)
		return body
	}
	r.untouched(func() {
		for name, tt := range map[string]struct {
			body   map[string]any
			status int
			slug   string
		}{
			"another count":       {bulk("disconnect", 2, connected), 409, "count-changed"},
			"matches nothing":     {bulk("disconnect", 0, map[string]any{"state": []string{"failed"}}), 400, "invalid-request"},
			"no filter at all":    {bulk("disconnect", 1, map[string]any{}), 400, "invalid-request"},
			"an unknown filter":   {bulk("disconnect", 1, map[string]any{"name": "x"}), 400, "invalid-request"},
			"a bad time":          {bulk("disconnect", 1, map[string]any{"staleSince": "yesterday"}), 400, "invalid-request"},
			"an unknown action":   {bulk("delete", 1, connected), 400, "invalid-request"},
			"no count":            {without("expectCount"), 400, "invalid-request"},
			"no reason":           {without("reason"), 400, "invalid-request"},
			"a short part":        {bulk("adopt", 1, map[string]any{"q": "K-"}), 400, "invalid-request"},
			"an id that is none":  {bulk("adopt", 1, map[string]any{"organizationId": "17"}), 400, "invalid-request"},
			"a reason of 2 lines": {map[string]any{"action": "adopt", "filter": connected, "expectCount": 1, "reason": "a\nb"}, 400, "invalid-request"},
		} {
			a := r.operate(http.MethodPost, "/admin/mappings/actions", tt.body)
			require.Equal(t, tt.status, a.status, "%s: %s", name, a.body)
			r.problemOf(a, tt.status, tt.slug)
		}
	})
}
