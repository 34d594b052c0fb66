package simulator

import (
	"context"
	"slices"
	"time"

	"storelink"
	"storelink/internal/onboard"
)

// nightInterval is the goal between two looks for drift. While there are faults they come much more often.
const nightInterval = 5 * time.Minute

// PlayNight plays the schedule of a seed with what comes beside the asks: looks for drift, and operators who reconcile
// and adopt. Its dice are not those of Play.
func (b *Bench) PlayNight(ctx context.Context, seed uint64) Result {
	d := newDice(seed)
	drift := onboard.Drift{
		Interval: nightInterval,
		Policy:   pick(d, storelink.DriftReport, storelink.DriftHeal),
	}
	return b.play(ctx, d, drift, func(m *simulation) {
		m.random(d)
		span := pick(d, 20*time.Second, time.Minute)
		for range 2 + d.IntN(6) {
			m.at(d.between(0, span), "operator", func(ctx context.Context) { m.operate(ctx, d) })
		}
		for range 2 + d.IntN(6) {
			m.at(d.between(0, span), "person", func(ctx context.Context) { m.meddle(ctx, d, m.otter.stores) })
		}
	})
}

// lookIn draws when a mapping is looked at for drift. While there are faults the looks are to meet them.
func (m *simulation) lookIn() time.Duration {
	if m.calmAt.IsZero() {
		return m.choose.between(time.Second, 10*time.Second)
	}
	return m.choose.between(time.Second, m.drift.Interval)
}

// operate has an operator act on one of the mappings that are there by then, or change what is done about drift.
func (m *simulation) operate(ctx context.Context, d *dice) {
	a, db := actorOf(ctx), m.bench.stores[d.IntN(replicas)]
	before := m.rows("")
	if len(before) == 0 || d.chance(0.2) {
		policy := pick(d, storelink.DriftReport, storelink.DriftHeal)
		a.step("sets the drift policy %s", policy)
		if err := db.SetDriftPolicy(ctx, m.org.ID, policy); err != nil {
			m.fail("set drift policy: %v", err)
		}
		return
	}
	row := pick(d, before...)
	r := m.otter.stores[slices.IndexFunc(m.otter.stores, func(r *remoteStore) bool { return r.ref.StoreID == row.StoreID })]
	act := storelink.Act{
		MappingID: row.ID, ExpectObserved: pick(d, "", "", row.Observed, m.otter.connected(r), "A"),
		Reason: "no orders", Actor: "operator", RequestID: "request",
	}
	name, do := "reconciles", db.Reconcile
	adopts := d.chance(0.3)
	if adopts {
		name, do = "adopts", db.Adopt
	}
	a.step("%s %s, expecting %q", name, r.name, act.ExpectObserved)
	before = m.rows("")
	_, err := do(ctx, act)
	m.logf(a.name, "… %v", err)
	switch code := storelink.CodeOf(err); {
	case err == nil:
		r.operated = m.otter.sequence()
		r.reconciled = 0
		if !adopts && act.ExpectObserved == "" {
			r.reconciled = r.operated
		}
		m.checkVerify(before)
	case code != storelink.ErrConflict && code != storelink.ErrLocalStoreIDTaken:
		m.fail("%s: %v", name, err)
	}
}
