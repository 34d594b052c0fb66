package simulator

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// A scheduler releases one actor at a time. Whatever an actor does between two of its stops nobody else sees, so the
// order of the releases is the schedule, all of it.
type scheduler struct {
	choose  chooser
	epoch   time.Time
	now     time.Time // of the world; processes go by clocks of their own
	actors  []*actor
	flying  []flying
	yielded chan *actor
	running []*actor                 // those that wait for a lock of the database, between two releases
	moved   func(time.Time)          // sets the database's clock
	nextDue func() (time.Time, bool) // when there is something to claim
	blocked func() (int, []uint32)   // how many wait for a lock of the database, and the connections that hold them up
	holders []uint32                 // the connections that hold up those that wait

	steps   int
	trace   []string
	failure error
}

// flying is an effect that is on its way to upstream: nothing that happens to its sender stops it.
type flying struct {
	at   time.Time
	what string
	land func()
}

// actor is a goroutine that runs only while the scheduler waits for it.
type actor struct {
	s       *scheduler
	name    string
	process *process // nil: of the world outside
	resume  chan struct{}
	wake    time.Time // it sleeps until then
	doomed  bool      // its process dies before anything else happens
	idle    bool      // it has nothing to do until something is due
	heard   int       // sequence of what upstream told it last
	ended   bool
	conn    uint32      // the connection on which it stands inside a transaction; 0: none
	waited  atomic.Bool // for a lock of the database
	dead    atomic.Bool // its process died: it runs no more
}

type actorKey struct{}

func actorOf(ctx context.Context) *actor {
	a, _ := ctx.Value(actorKey{}).(*actor)
	return a
}

// spawn adds an actor. It does nothing before it is released.
func (s *scheduler) spawn(name string, p *process, f func(ctx context.Context)) {
	a := &actor{s: s, name: name, process: p, resume: make(chan struct{}), wake: s.now}
	s.actors = append(s.actors, a)
	ctx := context.WithValue(context.Background(), actorKey{}, a)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				s.fail("%s panicked: %v\n%s", a.name, r, debug.Stack())
			}
			a.ended = true
			s.yielded <- a
		}()
		<-a.resume
		if !a.dead.Load() {
			f(ctx)
		}
	}()
}

// step stops the actor before a call that others may see. It does not return where the actor's process dies meanwhile.
func (a *actor) step(format string, args ...any) {
	a.stop(a.s.now, false)
	a.s.logf(a.name, format, args...)
}

// sleep stops the actor for d at least.
func (a *actor) sleep(d time.Duration) { a.stop(a.s.now.Add(d), false) }

func (a *actor) stop(until time.Time, idle bool) {
	a.exitIfDead()
	a.yield(until, idle)
	a.exitIfDead()
}

func (a *actor) exitIfDead() {
	if a.dead.Load() {
		runtime.Goexit()
	}
}

func (a *actor) yield(until time.Time, idle bool) {
	a.wake, a.idle = until, idle
	a.s.yielded <- a
	<-a.resume
	a.idle = false
}

// release lets the actor run to its next stop.
func (s *scheduler) release(a *actor) {
	s.running = append(s.running, a)
	a.resume <- struct{}{}
	for {
		if s.blocked == nil {
			s.stopped(<-s.yielded)
		} else {
			select {
			case a := <-s.yielded:
				s.stopped(a)
			case <-time.After(time.Millisecond):
			}
		}
		if s.settled() {
			return
		}
	}
}

// settled reports whether nobody runs any more, but those that wait for a lock that somebody who stands still holds.
func (s *scheduler) settled() bool {
	if len(s.running) == 0 || s.blocked == nil {
		return len(s.running) == 0
	}
	var waiting int
	if waiting, s.holders = s.blocked(); waiting < len(s.running) {
		return false
	}
	for _, a := range s.running {
		if !a.waited.Swap(true) {
			s.logf(a.name, "waits for a lock")
		}
	}
	return true
}

func (s *scheduler) stopped(a *actor) {
	s.running = slices.DeleteFunc(s.running, func(other *actor) bool { return other == a })
	if a.ended {
		s.actors = slices.DeleteFunc(s.actors, func(other *actor) bool { return other == a })
	}
}

// kill ends all actors of a process where they stand: what they have on its way to upstream flies on.
func (s *scheduler) kill(p *process) {
	p.dead = true
	s.endThose(func(a *actor) bool { return a.process == p })
}

// endThose ends actors. One that waits for a lock ends when it has it.
func (s *scheduler) endThose(these func(a *actor) bool) {
	for _, a := range slices.Clone(s.actors) {
		if these(a) {
			a.dead.Store(true)
		}
	}
	for _, a := range slices.Clone(s.actors) {
		if a.dead.Load() && !a.ended && !slices.Contains(s.running, a) {
			s.release(a)
		}
	}
}

// end ends every actor.
func (s *scheduler) end() {
	for len(s.actors) > 0 {
		s.endThose(func(*actor) bool { return true })
	}
}

// run plays until nothing is left to do, rest says so, or an invariant broke.
func (s *scheduler) run(most int, rest func() bool) {
	for range most {
		if s.failure != nil || rest() {
			return
		}
		a := s.next()
		if a == nil {
			return
		}
		s.steps++
		if a.process != nil && (a.doomed || s.choose.dies(a)) {
			s.logf(a.process.name, "dies while %s is about to go on", a.name)
			a.process.die()
			continue
		}
		s.release(a)
	}
	s.fail("no rest after %d steps", most)
}

// next returns the actor that goes on, after letting time pass where nobody can or where the schedule wants it.
func (s *scheduler) next() *actor {
	for _, a := range s.actors {
		if a.doomed {
			return a
		}
	}
	for range 1000 {
		ready, idle := s.ready()
		if len(ready) > 0 && !s.choose.jumps() {
			return s.choose.among(ready, idle)
		}
		at, ok := s.nextWake()
		if len(idle) > 0 && len(ready) == 0 {
			if due, some := s.nextDue(); some && (!ok || due.Before(at)) {
				s.advance(due)
				return s.choose.among(idle, nil)
			}
		}
		switch {
		case ok:
			s.advance(at)
		case len(ready) > 0:
			return s.choose.among(ready, idle)
		default:
			return nil
		}
	}
	s.fail("time passes and nobody goes on")
	return nil
}

// ready returns who can go on, and who has nothing to do. While somebody waits for a lock, those that hold it go first:
// where two wait for one lock, the database decides who has it next, and a seed would not replay.
func (s *scheduler) ready() (ready, idle []*actor) {
	for _, a := range s.actors {
		switch {
		case slices.Contains(s.running, a):
		case a.idle:
			idle = append(idle, a)
		case !a.wake.After(s.now):
			ready = append(ready, a)
		}
	}
	if len(s.running) > 0 {
		holders := slices.DeleteFunc(slices.Clone(ready), func(a *actor) bool { return !slices.Contains(s.holders, a.conn) })
		if len(holders) > 0 {
			return holders, nil
		}
	}
	return ready, idle
}

// nextWake returns when the next sleeper wakes or the next effect lands.
func (s *scheduler) nextWake() (time.Time, bool) {
	var at time.Time
	for _, a := range s.actors {
		if !a.idle && !slices.Contains(s.running, a) && a.wake.After(s.now) && (at.IsZero() || a.wake.Before(at)) {
			at = a.wake
		}
	}
	for _, f := range s.flying {
		if at.IsZero() || f.at.Before(at) {
			at = f.at
		}
	}
	return at, !at.IsZero()
}

// advance moves time, and lands the effects that were due meanwhile, each at its own instant.
func (s *scheduler) advance(to time.Time) {
	for {
		i := s.firstFlying(to)
		if i < 0 {
			break
		}
		f := s.flying[i]
		s.flying = slices.Delete(s.flying, i, i+1)
		if f.at.After(s.now) {
			s.now = f.at
		}
		s.logf("upstream", "%s takes effect", f.what)
		f.land()
	}
	if to.After(s.now) {
		s.now = to
	}
	s.moved(s.now)
}

func (s *scheduler) firstFlying(until time.Time) int {
	first := -1
	for i, f := range s.flying {
		if !f.at.After(until) && (first < 0 || f.at.Before(s.flying[first].at)) {
			first = i
		}
	}
	return first
}

func (s *scheduler) fly(at time.Time, what string, land func()) {
	s.flying = append(s.flying, flying{at: at, what: what, land: land})
}

func (s *scheduler) logf(who, format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf("%4d %9.3fs  %-14s %s", s.steps, s.now.Sub(s.epoch).Seconds(), who, fmt.Sprintf(format, args...)))
}

// fail notes the first thing that went wrong.
func (s *scheduler) fail(format string, args ...any) {
	if s.failure == nil {
		s.failure = fmt.Errorf(format, args...)
		s.logf("simulator", "BROKEN: %v", s.failure)
	}
}

func (s *scheduler) text() string { return strings.Join(s.trace, "\n") }
