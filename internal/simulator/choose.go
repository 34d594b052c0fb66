package simulator

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// chooser decides what a schedule leaves open. Everything random is decided here, so that it replays.
type chooser interface {
	// among returns who goes on: one of the ready ones, or now and then an idle one.
	among(ready, idle []*actor) *actor
	// jumps reports whether time passes though somebody could go on.
	jumps() bool
	// dies reports whether the actor's process dies instead of going on.
	dies(a *actor) bool
	// fate returns what becomes of a call.
	fate(method string) fate
	// breaks reports what becomes of a call to the database.
	breaks(call string) storeFate
	// splits reports whether actors stop between the statements of a transaction, too.
	splits() bool
	// claims returns how many mappings a claim asks for.
	claims() int
	// between returns a time from low to high.
	between(low, high time.Duration) time.Duration
	// calm ends the faults.
	calm()
}

// temper is how wild a schedule is.
type temper struct {
	faults, deaths, breaks, jumps, sticks float64
}

// dice chooses at random.
type dice struct {
	*rand.Rand
	temper temper
	last   *actor
	quiet  bool
}

func newDice(seed uint64) *dice {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 0x5707e11))}
	d.temper = temper{
		faults: pick(d, 0, 0.1, 0.2, 0.3),
		deaths: pick(d, 0, 0.01, 0.03, 0.06),
		breaks: pick(d, 0, 0, 0.01, 0.03),
		jumps:  pick(d, 0, 0.02, 0.1, 0.3),
		sticks: pick(d, 0, 0.5, 0.9),
	}
	return d
}

func pick[T any](d *dice, from ...T) T { return from[d.IntN(len(from))] }

func (d *dice) chance(p float64) bool { return p > 0 && d.Float64() < p }

func (d *dice) among(ready, idle []*actor) *actor {
	if len(idle) > 0 && d.chance(0.05) {
		return pick(d, idle...)
	}
	if d.chance(d.temper.sticks) {
		for _, a := range ready {
			if a == d.last {
				return a
			}
		}
	}
	d.last = pick(d, ready...)
	return d.last
}

// A process that is too slow to keep its leases is a fault, too.
func (d *dice) jumps() bool { return !d.quiet && d.chance(d.temper.jumps) }

func (d *dice) dies(*actor) bool { return !d.quiet && d.chance(d.temper.deaths) }

func (d *dice) splits() bool { return d.chance(0.25) }

func (d *dice) claims() int { return pick(d, 1, 8) }

func (d *dice) between(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(d.Int64N(int64(high-low)/int64(time.Millisecond)+1))*time.Millisecond
}

func (d *dice) calm() { d.quiet = true }

func (d *dice) breaks(string) storeFate {
	if d.quiet || !d.chance(d.temper.breaks) {
		return storeAnswers
	}
	return pick(d, storeRefuses, storeForgets)
}

func (d *dice) fate(method string) fate {
	f := fate{}
	if d.chance(0.35) {
		f.effect = d.between(0, time.Second)
		f.answer = f.effect + d.between(0, time.Second)
	}
	if d.quiet {
		return f
	}
	if method != http.MethodGet && d.chance(4*d.temper.deaths) {
		return fate{dies: true, effect: d.between(0, upstreamTimeout-time.Millisecond), lost: d.chance(0.2)}
	}
	if !d.chance(d.temper.faults) {
		return f
	}
	f.fault = pick(d, faultsOf[method]...)
	switch {
	case f.fault == hangs:
		f.answer = upstreamTimeout
		f.effect = d.between(0, upstreamTimeout-time.Millisecond)
		f.lost = d.chance(0.4)
	case f.fault == resets || f.fault == status(502) || f.fault == status(504):
		f.answer = d.between(0, 2*time.Second)
		f.lost = d.chance(0.3)
		f.effect = d.between(0, f.answer)
		if d.chance(0.4) {
			f.effect = d.between(f.answer, upstreamTimeout-time.Millisecond)
		}
	case f.fault == status(500) || f.fault == status(503):
		f.lost = d.chance(0.5)
	default:
		f.lost = true
	}
	return f
}
