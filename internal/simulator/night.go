package simulator

import (
	"context"
	"slices"
	"time"

	"storelink"
	"storelink/internal/onboard"
)

// PlayNight plays the schedule of a seed with what comes beside the asks: looks for drift, and operators who reconcile
// and adopt. Its dice are not those of Play.
func (b *Bench) PlayNight(ctx context.Context, seed uint64) Result {
	d := newDice(seed)
	drift := onboard.Drift{
		Interval: d.between(30*time.Second, 5*time.Minute),
		Policy:   pick(d, storelink.DriftReport, storelink.DriftHeal),
	}
	return b.play(ctx, d, drift, func(m *simulation) {
		m.random(d)
		span := pick(d, 5*time.Second, 30*time.Second)
		for range 1 + d.IntN(4) {
			m.at(d.between(0, span), "operator", func(ctx context.Context) { m.operate(ctx, d) })
		}
		for range d.IntN(3) {
			m.at(d.between(0, 2*span), "person", func(ctx context.Context) { m.meddle(ctx, d, m.otter.stores) })
		}
	})
}

// operate has an operator act on one of the mappings that are there by then.
func (m *simulation) operate(ctx context.Context, d *dice) {
	before := m.rows("")
	if len(before) == 0 {
		return
	}
	a, row, db := actorOf(ctx), pick(d, before...), m.bench.stores[d.IntN(replicas)]
	r := m.otter.stores[slices.IndexFunc(m.otter.stores, func(r *remoteStore) bool { return r.ref.StoreID == row.StoreID })]
	act := storelink.Act{
		MappingID: row.ID, ExpectObserved: pick(d, "", "", row.Observed, m.otter.connected(r), "A"),
		Reason: "no orders", Actor: "operator", RequestID: "request",
	}
	name, do := "reconciles", db.Reconcile
	if d.chance(0.3) {
		name, do = "adopts", db.Adopt
	}
	a.step("%s %s, expecting %q", name, r.name, act.ExpectObserved)
	before = m.rows("")
	_, err := do(ctx, act)
	m.logf(a.name, "… %v", err)
	switch code := storelink.CodeOf(err); {
	case err == nil:
		r.operated = m.otter.sequence()
		m.checkVerify(before)
	case code != storelink.ErrConflict && code != storelink.ErrLocalStoreIDTaken:
		m.fail("%s: %v", name, err)
	}
}
