package simulator

import (
	"context"
	"fmt"
	"time"

	"storelink"
	"storelink/internal/onboard"
	"storelink/internal/sandbox"
)

// Scenario is what an exhaustive search begins with: stores connected to ids, and one run that asks for others.
type Scenario struct {
	Name string
	Held sandbox.HeldMode
	From []string // what each store is connected to at the beginning; empty: nothing
	To   []string // what the run asks for, instead of what is there
	Lose []int    // the Losses to play
}

// Losses are the ways in which the answer to a call can be lost: without an effect, with it, and with one that comes
// late: in the middle, and at the end of the time in which it may.
var Losses = []string{"no effect", "an effect", "a late effect", "a last-minute effect"}

// Place is where one death and one lost answer happen: before which of the processes' steps, and at which of their
// calls to upstream. Below zero: nowhere.
type Place struct {
	Death int
	Call  int
	Loss  int // of Losses
}

func (p Place) String() string {
	text := "nobody dies"
	if p.Death >= 0 {
		text = fmt.Sprintf("death before step %d", p.Death)
	}
	if p.Call >= 0 {
		text += fmt.Sprintf(", call %d lost with %s", p.Call, Losses[p.Loss])
	}
	return text
}

// script is the chooser that leaves nothing to chance.
type script struct {
	place        Place
	steps, calls int
	quiet        bool
}

func (c *script) among(ready, _ []*actor) *actor { return ready[0] }

func (c *script) jumps() bool { return false }

func (c *script) dies(*actor) bool {
	c.steps++
	return !c.quiet && c.steps-1 == c.place.Death
}

func (c *script) fate(string) fate {
	c.calls++
	if c.quiet || c.calls-1 != c.place.Call {
		return fate{}
	}
	f := fate{fault: resets}
	switch c.place.Loss {
	case 0:
		f.lost = true
	case 2:
		f.effect = upstreamTimeout / 2
	case 3:
		f.effect = upstreamTimeout - time.Millisecond
	}
	return f
}

func (c *script) breaks(string) storeFate { return storeAnswers }

func (c *script) splits() bool { return false }

func (c *script) claims() int { return 8 }

func (c *script) between(low, _ time.Duration) time.Duration { return low }

func (c *script) calm() { c.quiet = true }

// Exhaust plays the scenario with one death and one lost answer at each possible place, hands each schedule to played,
// and returns how many there were. played returns false to end it.
func (b *Bench) Exhaust(ctx context.Context, sc Scenario, played func(p Place, r Result) bool) int {
	n := 0
	for call := -1; ; call++ {
		met := call < 0 && len(sc.Lose) > 0
		losses := sc.Lose
		if call < 0 {
			losses = []int{0}
		}
		for _, loss := range losses {
			for death := -1; ; death++ {
				c := &script{place: Place{Death: death, Call: call, Loss: loss}}
				r := b.play(ctx, c, onboard.Drift{}, func(m *simulation) { m.scripted(sc) })
				n++
				if !played(c.place, r) {
					return n
				}
				met = met || call >= 0 && c.calls > call
				if c.steps <= death {
					break
				}
			}
		}
		if !met {
			return n
		}
	}
}

func (m *simulation) scripted(sc Scenario) {
	m.otter.core.SetHeldMode(sc.Held)
	var asks []storelink.Ask
	for i, id := range sc.From {
		r := m.otter.stores[i]
		if id != "" {
			m.otter.byHand(r, id)
		}
		asks = append(asks, storelink.Ask{Store: r.ref, LocalStoreID: sc.To[i], Replaces: id})
	}
	m.spawn("user", nil, func(ctx context.Context) { m.ask(ctx, 0, asks) })
	m.atEnd = func() {
		for i, id := range sc.To {
			if is := m.otter.connected(m.otter.stores[i]); is != id {
				m.fail("%s ended with %q, not with %q", m.otter.stores[i].name, is, id)
			}
		}
	}
}
