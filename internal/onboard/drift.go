package onboard

import (
	"context"
	"math/rand/v2"
	"time"

	"storelink"
)

// mostHeals is how often within a day a store is put right by itself. One that changes again is left to a person.
const mostHeals = 3

// Drift is how settled mappings are looked at again. With an Interval of zero they are not.
type Drift struct {
	Interval time.Duration // a goal: the shared budget may stretch it
	Policy   storelink.DriftPolicy
}

// repairs reports whether the pass may change what it finds. A gap of our own making is closed whatever the policy is.
func (p *pass) repairs() bool {
	return p.work.DueFor != storelink.DueForDrift || p.work.Restore != "" || p.heals()
}

// heals reports whether a look for drift may put right what it finds.
func (p *pass) heals() bool { return p.policy() == storelink.DriftHeal && p.work.Heals < mostHeals }

func (p *pass) policy() storelink.DriftPolicy {
	if p.work.Policy != "" {
		return p.work.Policy
	}
	return p.drift.Policy
}

// mayHeal lets a look for drift that heals replace what it has just seen, and nothing else.
func (p *pass) mayHeal(seen string) {
	w := p.work
	if w.DueFor == storelink.DueForDrift && w.Settled && p.heals() && seen != "" && seen != w.Desired.LocalStoreID {
		w.Named = append(w.Named, seen)
	}
}

// drifted says that upstream shows something else than was settled.
func (p *pass) drifted(ctx context.Context) error {
	w := p.work
	s := storelink.Settlement{State: storelink.StateDrifted}
	if w.State != storelink.StateDrifted && p.policy() == storelink.DriftHeal && !p.heals() {
		s.Why = "changed at Otter again after it was put right 3 times in a day: it is reported, not healed, from now on"
	}
	p.lookAgain(&s)
	return p.ledger.Settle(ctx, w, s)
}

// lookAgain sets when a mapping that is at rest is looked at again. The first look after an ask comes at any time within
// the interval, so that the stores of one run, which settled together, are not looked at together for ever.
func (p *pass) lookAgain(s *storelink.Settlement) {
	w := p.work
	s.Healed = w.Settled && w.DueFor == storelink.DueForDrift && s.State != storelink.StateDrifted && p.met != w.Observed
	switch s.State {
	case storelink.StateConnected, storelink.StateDisconnected, storelink.StateDrifted:
	default:
		return
	}
	if p.drift.Interval <= 0 {
		return
	}
	s.LookIn = p.drift.Interval
	if !w.Settled {
		s.LookIn = time.Second + rand.N(p.drift.Interval)
	}
}

// consentNet is when a mapping without a grant is looked at again by itself. Nobody waits for a look for drift.
func (p *pass) consentNet() time.Duration {
	if p.work.Settled && p.work.DueFor == storelink.DueForDrift {
		return max(consentNet, p.drift.Interval)
	}
	return consentNet
}
