package simulator

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// row is what is checked of a mapping.
type row struct {
	ID, StoreID                                                        string
	State, Code                                                        string
	DesiredKind, SettledKind                                           string
	Desired, Asked, Observed, Restore                                  string
	Generation, SettledGeneration                                      int64
	Intent, IntentID, Token                                            string
	Live, Seen, Verify, LateDelete, LatePost, Leased, Due, ReplacesAny bool
	Named, Tried                                                       []string
}

const selectRows = `
	SELECT id::text, store_id::text AS store_id, state, COALESCE(code, '') AS code, desired_kind, settled_kind,
		COALESCE(desired_local_id, '') AS desired, COALESCE(asked_local_id, '') AS asked,
		COALESCE(observed_local_id, '') AS observed, COALESCE(restore_local_id, '') AS restore,
		generation, settled_generation, COALESCE(intent_call, '') AS intent, COALESCE(intent_local_id, '') AS intent_id,
		COALESCE(lease_token::text, '') AS token, COALESCE(leased_until > storelink_now(), false) AS live,
		observed_at IS NOT NULL AS seen, verify_at IS NOT NULL AS verify, late_delete, late_post,
		lease_token IS NOT NULL AS leased, wake_at IS NOT NULL AND (lane <> 'drift' OR restore_local_id IS NOT NULL) AS due, replaces_any, named_ids AS named, tried_ids AS tried
	FROM mappings`

func (m *simulation) rows(where string, args ...any) []row {
	found, err := m.bench.sql.Query(m.ctx, selectRows+where+` ORDER BY store_id`, args...)
	if err != nil {
		m.must(err)
		return nil
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[row])
	m.must(err)
	return rows
}

// checkWrite holds invariant 4 at the instant at which a write is sent, and returns what a DELETE may take away.
func (m *simulation) checkWrite(a *actor, r *remoteStore, w write) []string {
	rows := m.rows(` WHERE store_id = $1`, r.ref.StoreID)
	if len(rows) != 1 {
		m.fail("invariant 4: %s %s without a mapping", w.method, r.name)
		return nil
	}
	row, work := rows[0], m.leases[a]
	switch {
	case !strings.EqualFold(row.Intent, w.method) || w.id != "" && row.IntentID != w.id:
		m.fail("invariant 4: %s %s %s was sent, but the intent is %q %q", w.method, r.name, w.id, row.Intent, row.IntentID)
	case work == nil || row.Token != work.LeaseToken || !row.Live:
		m.fail("invariant 4: %s %s %s was sent without a live lease", w.method, r.name, w.id)
	case row.Intent == "delete" && row.Restore != row.IntentID:
		m.fail("DELETE of %q at %s was sent, but what is to be restored is %q", row.IntentID, r.name, row.Restore)
	}
	m.checkGivenUp(r, row, work, w)
	if r.unheard == a {
		m.fail("%s %s %s was sent without a look after a write that was not answered", w.method, r.name, w.id)
	}
	may := slices.Concat(row.Named, row.Tried)
	if row.Intent == "delete" && !slices.Contains(may, row.IntentID) {
		m.fail("invariant 5: DELETE of %q at %s, and may replace %q", row.IntentID, r.name, may)
	}
	return may
}

// guarded calls write, which the lease guards, and holds that it wrote nothing where lease or generation had moved on.
func (m *simulation) guarded(ctx context.Context, w *storelink.Work, write func() error) error {
	rows := m.rows(` WHERE id = $1`, w.MappingID)
	err := write()
	if err == nil {
		m.written(ctx, w)
	}
	if err == nil && m.failure == nil && (rows[0].Token != w.LeaseToken || rows[0].Generation != w.Generation) {
		m.fail("invariant 4: %s was written though the lease or the generation had moved on", m.otter.store(w.Store).name)
	}
	return err
}

// written notes that what the pass was told is known from now on. What one is told that dies before it writes is lost.
func (m *simulation) written(ctx context.Context, w *storelink.Work) {
	r := m.otter.store(w.Store)
	r.looked = max(r.looked, actorOf(ctx).heard)
}

// checkVerify holds that an ask overwrites no verify. Where others act while it is accepted, they may clear it.
func (m *simulation) checkVerify(before []row) {
	if m.blocked != nil {
		return
	}
	for _, was := range before {
		if is := m.rows(` WHERE id = $1`, was.ID); was.Verify && len(is) == 1 && !is[0].Verify {
			m.fail("an ask overwrote when a write of ours can take effect no more")
		}
	}
}

// checkWoken holds that nobody begins to wait for a consent that was given meanwhile.
func (m *simulation) checkWoken(w *storelink.Work) {
	var missed bool
	m.must(m.bench.sql.QueryRow(m.ctx, `
		SELECT EXISTS (SELECT 1 FROM grants WHERE organization_id = $1 AND state = 'active' AND updated_at > $2)
		   AND EXISTS (SELECT 1 FROM mappings WHERE id = $3 AND waiting_for = 'consent' AND due_at > storelink_now() + interval '1 second')`,
		w.OrganizationID, w.ClaimedAt, w.MappingID).Scan(&missed))
	if missed {
		m.fail("%s began to wait for a consent that had been given: nobody wakes it", m.otter.store(w.Store).name)
	}
}

// checkGivenUp holds that an ask whose id was refused does not try it again once the old one is being put back.
func (m *simulation) checkGivenUp(r *remoteStore, row row, work *storelink.Work, w write) {
	if w.id == "" || work == nil || work.Generation != row.Generation || row.SettledGeneration == row.Generation || row.DesiredKind != string(storelink.DesireID) {
		return
	}
	if w.id == row.Restore && w.id != row.Desired {
		r.gaveUp = row.Generation
	} else if r.gaveUp == row.Generation {
		m.fail("POST of %q at %s was sent after it had been refused and given up", w.id, r.name)
	}
}

// checkSettled holds that what an item says is true when it is said.
func (m *simulation) checkSettled(w *storelink.Work, s storelink.Settlement) {
	r := m.otter.store(w.Store)
	if !w.Settled {
		r.settled = r.looked
	}
	if r.changed > r.looked || !w.Observed.Known {
		return
	}
	if is := m.otter.connected(r); is != w.Observed.LocalStoreID {
		m.fail("invariant 3: settled %s as %s with %q, but upstream has %q", r.name, s.State, w.Observed.LocalStoreID, is)
	}
}

// checkAll holds the invariants at rest.
func (m *simulation) checkAll() {
	if m.failure != nil {
		return
	}
	items := m.checkItems()
	for _, row := range m.rows("") {
		i := slices.IndexFunc(m.otter.stores, func(r *remoteStore) bool { return r.ref.StoreID == row.StoreID })
		m.checkMapping(m.otter.stores[i], row, items)
	}
	m.checkUntouched()
	m.checkRuns()
	m.checkHistory()
}

type item struct {
	Outcome, Observed, Code string
}

// checkItems holds that each item of each accepted run has exactly one outcome.
func (m *simulation) checkItems() map[*remoteStore]item {
	newest := map[*remoteStore]item{}
	for _, asked := range m.asks {
		var it item
		err := m.bench.sql.QueryRow(m.ctx, `
			SELECT COALESCE(outcome, ''), COALESCE(observed_local_id, ''), COALESCE(code, '') FROM run_items
			WHERE run_id = $1 AND number = $2`, asked.run, asked.number).Scan(&it.Outcome, &it.Observed, &it.Code)
		m.must(err)
		if it.Outcome == "" {
			m.fail("invariant 3: the item of %s has no outcome", asked.store.name)
		}
		newest[asked.store] = it
	}
	return newest
}

// checkMapping holds invariants 1 and 2 for one store.
func (m *simulation) checkMapping(r *remoteStore, row row, items map[*remoteStore]item) {
	is, it := m.otter.connected(r), items[r]
	moved := r.byHand > r.looked
	broken := func(format string, args ...any) {
		m.fail("%s: %s (upstream has %q; item %+v; mapping %+v)", r.name, fmt.Sprintf(format, args...), is, it, row)
	}
	if row.Observed != is && row.Seen && !moved {
		broken("invariant 2: observed is not what upstream shows")
	}
	if row.SettledGeneration != row.Generation || row.Intent != "" || row.Leased || row.Verify || row.LateDelete || row.LatePost ||
		len(row.Named) > 0 || len(row.Tried) > 0 {
		broken("invariant 2: the mapping is not at rest")
	}
	if (row.Restore != "" || row.Due) && row.Code != string(storelink.FailRestore) {
		broken("invariant 2: something is to be done yet")
	}
	// A conflict that a person ends by hand is over for them.
	ended := row.State == string(storelink.StateConflict) && max(r.byHand, r.operated) > r.settled
	if why := row.untrue(); why != "" && !ended {
		broken("invariant 2: %s", why)
	}
	if m.drift.Interval > 0 && moved && row.looksForDrift() {
		broken("nobody looked for drift")
	}
	if r.reconciled > r.changed && row.State == string(storelink.StateDrifted) {
		broken("an operator's reconcile came to nothing")
	}
	if r.operated > r.settled && is == "" && r.lost && row.DesiredKind == string(storelink.DesireID) && row.Code != string(storelink.FailRestore) {
		broken("invariant 1: an operator's act took the connection away")
	}
	if r.byHand > min(r.looked, r.settled) || r.operated > r.settled || !row.Seen {
		return
	}
	switch it.Outcome {
	case "connected", "replaced", "unchanged", "disconnected":
		// What a person changed after the last look of the ask is told by the look after it, and so is a write of ours that
		// came late and may not be taken back.
		told := r.byHand > 0 && is == r.foreign && row.State == string(storelink.StateDrifted) ||
			r.changed > r.settled && is == row.Observed && row.State == string(storelink.StateFailed)
		if is != row.Asked && !told {
			broken("invariant 1: the newest ask ended %s, but the connection is not as asked", it.Outcome)
		}
	case "conflict", "failed", "cancelled":
		trying := it.Code == string(storelink.FailRestore) || row.Code == string(storelink.FailRestore)
		if is != it.Observed && is != row.Desired && !trying {
			broken("invariant 1: the connection is not what the item says")
		}
	default:
		broken("invariant 1: the newest item ended %q", it.Outcome)
	}
	dark := is == "" && it.Observed == "" && r.lost
	asked := row.DesiredKind == "none" || it.Code == string(storelink.FailRestore)
	if dark && !asked {
		broken("invariant 1: we took the connection away, and nobody asked for that")
	}
}

// looksForDrift reports whether the mapping's state is one that is looked at again for ever.
func (r row) looksForDrift() bool {
	switch storelink.MappingState(r.State) {
	case storelink.StateConnected, storelink.StateDisconnected, storelink.StateDrifted:
		return true
	}
	return false
}

// untrue says what is wrong with state and code.
func (r row) untrue() string {
	switch storelink.MappingState(r.State) {
	case storelink.StateConnected:
		if r.DesiredKind != "id" || r.Desired != r.Observed || r.Code != "" {
			return "it is not connected as desired"
		}
	case storelink.StateDisconnected:
		if r.DesiredKind != "none" || r.Observed != "" || r.Code != "" {
			return "it is not disconnected"
		}
	case storelink.StateConflict:
		if r.Observed == "" {
			return "there is nothing to conflict with"
		}
	case storelink.StateFailed:
		if r.Code == "" {
			return "it failed without a reason"
		}
		if r.Code == string(storelink.FailRestore) && (r.Observed != "" || r.Restore == "") {
			return "nothing is to be restored"
		}
	case storelink.StateDrifted:
		if r.Observed == r.Desired {
			return "it has not drifted"
		}
	case storelink.StateUnmanaged:
		if r.DesiredKind != "unmanaged" {
			return "it is managed"
		}
	default:
		return "its state is " + r.State
	}
	return ""
}

// checkUntouched holds that stores that nobody asked for are as others left them.
func (m *simulation) checkUntouched() {
	for _, r := range m.otter.stores {
		known := slices.ContainsFunc(m.asks, func(a asked) bool { return a.store == r })
		if is := m.otter.connected(r); !known && is != r.foreign {
			m.fail("invariant 1: %s has %q, not %q, and nobody asked for it", r.name, is, r.foreign)
		}
	}
}

func (m *simulation) checkRuns() {
	var broken int
	m.must(m.bench.sql.QueryRow(m.ctx, `
		SELECT count(*) FROM runs r WHERE pending <> 0 OR ended_at IS NULL OR
			(SELECT (count(*), count(*) FILTER (WHERE outcome = 'connected'), count(*) FILTER (WHERE outcome = 'replaced'),
				count(*) FILTER (WHERE outcome = 'unchanged'), count(*) FILTER (WHERE outcome = 'disconnected'),
				count(*) FILTER (WHERE outcome = 'conflict'), count(*) FILTER (WHERE outcome = 'superseded'),
				count(*) FILTER (WHERE outcome = 'cancelled'), count(*) FILTER (WHERE outcome = 'failed'))
			 FROM run_items i WHERE i.run_id = r.id)
			IS DISTINCT FROM (total::bigint, connected::bigint, replaced::bigint, unchanged::bigint, disconnected::bigint,
				conflict::bigint, superseded::bigint, cancelled::bigint, failed::bigint)`).Scan(&broken))
	if broken > 0 {
		m.fail("invariant 3: the counts of %d runs are not those of their items", broken)
	}
}

// checkHistory holds that history has one entry per change, in order.
func (m *simulation) checkHistory() {
	rows, err := m.bench.sql.Query(m.ctx, `
		SELECT e.kind, COALESCE(e.from_id, ''), COALESCE(e.to_id, ''), m.id::text, COALESCE(m.observed_local_id, ''), m.generation
		FROM mapping_events e JOIN mappings m ON m.id = e.mapping_id ORDER BY m.id, e.id`)
	if err != nil {
		m.must(err)
		return
	}
	var kind, from, to, id, observed string
	var generation int64
	last, want := map[string]string{}, map[string]string{}
	asks, generations := map[string]int64{}, map[string]int64{}
	_, err = pgx.ForEachRow(rows, []any{&kind, &from, &to, &id, &observed, &generation}, func() error {
		want[id], generations[id] = observed, generation
		switch kind {
		case "asked", "adopted":
			asks[id]++
		case "observed":
			if from == to || from != last[id] {
				m.fail("invariant 3: history says %q → %q after %q", from, to, last[id])
			}
			last[id] = to
		}
		return nil
	})
	m.must(err)
	for id := range want {
		if last[id] != want[id] || asks[id] != generations[id] {
			m.fail("invariant 3: history ends with %q and %d asks, the mapping with %q and %d", last[id], asks[id], want[id], generations[id])
		}
	}
}

// taken reports whether another mapping has the desired id, too: somebody put it there by hand.
func (m *simulation) taken(r row) bool {
	return r.Desired != "" && len(m.rows(` WHERE id <> $1 AND (observed_local_id = $2 OR restore_local_id = $2)`, r.ID, r.Desired)) > 0
}

// askAgain holds invariant 6: asking again for what is there sends one look per store.
func (m *simulation) askAgain() {
	if m.failure != nil {
		return
	}
	var asks []storelink.Ask
	for _, row := range m.rows("") {
		state := storelink.MappingState(row.State)
		i := slices.IndexFunc(m.otter.stores, func(r *remoteStore) bool { return r.ref.StoreID == row.StoreID })
		r := m.otter.stores[i]
		settled := state == storelink.StateConnected || state == storelink.StateDisconnected
		if settled && m.otter.connected(r) == row.Desired && !m.taken(row) {
			asks = append(asks, storelink.Ask{Store: r.ref, LocalStoreID: row.Desired})
			r.calls = nil
		}
	}
	if len(asks) == 0 {
		return
	}
	m.spawn("user", nil, func(ctx context.Context) { m.ask(ctx, 0, asks) })
	before := len(m.asks)
	m.calmAt = m.now
	m.run(most, m.atRest)
	if m.failure == nil && len(m.asks) != before+len(asks) {
		m.fail("invariant 6: what is there cannot be asked for again")
	}
	for _, ask := range asks {
		r := m.otter.store(ask.Store)
		writes := slices.ContainsFunc(r.calls, func(call string) bool { return call != "GET " })
		if writes || len(r.calls) == 0 || len(r.calls) > 1 && m.drift.Interval == 0 {
			m.fail("invariant 6: asking %s again for %q sent %q", r.name, ask.LocalStoreID, r.calls)
		}
	}
}
