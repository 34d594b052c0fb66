package simulator

import (
	"context"
	"time"

	"storelink"
	"storelink/internal/sandbox"
)

// random sets a schedule up: what is there at its beginning, and what happens to it.
func (m *simulation) random(d *dice) {
	ids := []string{"A", "B", "C"}
	stores := m.otter.stores[:1+d.IntN(len(m.otter.stores))]
	m.otter.core.SetHeldMode(pick(d, sandbox.HeldConflict, sandbox.HeldUnprocessable, sandbox.HeldAccept))
	if d.chance(0.3) {
		m.otter.refused[pick(d, ids...)] = true
	}
	for i, r := range stores {
		if d.chance(0.5) {
			m.otter.byHand(r, ids[i])
		}
	}
	span := pick(d, 0, 2*time.Second, 20*time.Second)
	for range 1 + d.IntN(6) {
		m.at(d.between(0, span), "user", func(ctx context.Context) { m.ask(ctx, d.IntN(replicas), m.randomAsks(d, stores, ids)) })
	}
	if d.chance(0.3) {
		for range 1 + d.IntN(3) {
			m.at(d.between(0, span), "person", func(ctx context.Context) { m.meddle(ctx, d, stores) })
		}
	}
	if d.chance(0.4) {
		m.at(d.between(0, span), "user", func(ctx context.Context) { m.cancel(ctx, d) })
	}
	if d.chance(0.5) {
		m.at(d.between(0, span), "person", func(ctx context.Context) {
			actorOf(ctx).step("signs in")
			m.must(m.signIn(context.WithoutCancel(ctx)))
		})
	}
}

// meddle has a person change a connection by hand.
func (m *simulation) meddle(ctx context.Context, d *dice, stores []*remoteStore) {
	r, id := pick(d, stores...), pick(d, "", "A", "B", "H")
	actorOf(ctx).step("puts %q at %s by hand", id, r.name)
	m.otter.byHand(r, id)
}

func (m *simulation) randomAsks(d *dice, stores []*remoteStore, ids []string) []storelink.Ask {
	var asks []storelink.Ask
	free := d.Perm(len(ids))
	for _, i := range d.Perm(len(stores))[:1+d.IntN(len(stores))] {
		r := stores[i]
		ask := storelink.Ask{Store: r.ref}
		if d.chance(0.75) {
			ask.LocalStoreID = ids[free[len(asks)]]
			ask.Replaces = pick(d, "", m.otter.connected(r), m.otter.connected(r), pick(d, ids...))
		} else {
			ask.Replaces = pick(d, "", m.otter.connected(r), pick(d, ids...))
			ask.ReplacesAny = ask.Replaces == "" && d.chance(0.7)
		}
		asks = append(asks, ask)
	}
	return asks
}

// cancel cancels a run that was accepted, if there is one by then.
func (m *simulation) cancel(ctx context.Context, d *dice) {
	if len(m.asks) == 0 {
		return
	}
	a, run := actorOf(ctx), pick(d, m.asks...).run
	numbers := map[string]int{}
	for _, asked := range m.asks {
		if _, known := numbers[asked.run]; !known {
			numbers[asked.run] = len(numbers) + 1
		}
	}
	a.step("cancels run %d", numbers[run])
	err := m.bench.stores[0].Cancel(ctx, storelink.Asker{OrganizationID: m.org.ID, Actor: "user", RequestID: "request"}, run)
	m.logf(a.name, "… %v", err)
	if err != nil && storelink.CodeOf(err) != storelink.ErrRunEnded {
		m.fail("cancel: %v", err)
	}
}

// at adds an actor of the world outside that acts once, after a while.
func (m *simulation) at(after time.Duration, name string, f func(ctx context.Context)) {
	m.spawn(name, nil, func(ctx context.Context) {
		actorOf(ctx).sleep(after)
		f(ctx)
	})
}

// ask has a replica accept a run, as its HTTP interface does.
func (m *simulation) ask(ctx context.Context, slot int, asks []storelink.Ask) {
	a := actorOf(ctx)
	what := ""
	for _, ask := range asks {
		what += " " + m.otter.store(ask.Store).name + "=" + ask.LocalStoreID
		if ask.Replaces != "" {
			what += " for " + ask.Replaces
		}
		if ask.ReplacesAny {
			what += " for any"
		}
	}
	a.step("asks:%s", what)
	before := m.rows("")
	run, _, err := m.bench.stores[slot].Accept(ctx, storelink.Asker{OrganizationID: m.org.ID, Actor: "user", RequestID: "request"}, asks, nil)
	switch {
	case storelink.CodeOf(err) == storelink.ErrLocalStoreIDTaken:
		m.logf(a.name, "… refused: %v", err)
		return
	case err != nil:
		m.fail("accept: %v", err)
		return
	}
	m.logf(a.name, "… accepted")
	m.checkVerify(before)
	for i, ask := range asks {
		m.asks = append(m.asks, asked{run: run, number: i, store: m.otter.store(ask.Store), ask: ask})
	}
}
