package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"storelink"
	"storelink/internal/onboard"
	"storelink/internal/store"
)

// storeFate is what becomes of a call to the database.
type storeFate int

const (
	storeAnswers storeFate = iota
	storeRefuses           // the database is down: nothing was done
	storeForgets           // the connection broke after it was done
)

var errDown = storelink.Errorf(storelink.ErrDatabaseUnavailable, "the database does not answer")

// process is one replica's life, from its start to its death. It is what its workers see of the world: the clock, the
// store and upstream, with a stop before each call.
type process struct {
	sim     *simulation
	name    string
	slot    int
	db      *store.DB
	skew    time.Duration
	workers *onboard.Workers
	running int // passes
	beating bool
	dead    bool
}

// start adds a replica.
func (m *simulation) start(slot int) {
	m.lives++
	p := &process{
		sim: m, name: fmt.Sprintf("p%d", m.lives), slot: slot, db: m.bench.stores[slot],
		skew: m.choose.between(0, 10*time.Second) - 5*time.Second,
	}
	m.bench.clocks[slot] = p.Now
	p.workers = onboard.NewWorkers(onboard.WorkersOptions{
		Queue: p, Ledger: p, Upstream: p, Tokens: p, Clock: p, UpstreamTimeout: upstreamTimeout,
		Logger: slog.New(slog.DiscardHandler), Drift: m.drift,
	})
	m.processes = append(m.processes, p)
	m.spawn(p.name+" claim", p, p.claim)
}

// die ends the process, and has another take its place a little later.
func (p *process) die() {
	m := p.sim
	m.kill(p)
	m.processes = slices.DeleteFunc(m.processes, func(other *process) bool { return other == p })
	m.spawn("restart", nil, func(ctx context.Context) {
		actorOf(ctx).sleep(m.choose.between(0, 5*time.Second))
		m.start(p.slot)
	})
}

// claim is the workers' loop, but that it is the scheduler who says when it looks.
func (p *process) claim(ctx context.Context) {
	a := actorOf(ctx)
	for {
		a.stop(p.sim.now, true)
		n := p.sim.choose.claims()
		claimed, err := p.workers.Claim(ctx, storelink.Room{All: n, Background: n, Drift: n})
		if err != nil {
			continue
		}
		slices.SortFunc(claimed, func(a, b *storelink.Work) int { return p.sim.compare(a.Store, b.Store) })
		for _, work := range claimed {
			p.pass(work)
		}
	}
}

func (p *process) pass(work *storelink.Work) {
	m := p.sim
	name := fmt.Sprintf("%s %s g%d", p.name, m.otter.store(work.Store).name, work.Generation)
	m.logf(name, "claimed for %s: desired %s, verify %v late %v/%v restore %q named %v tried %v refused %v", work.DueFor,
		wish(work.Desired), !work.VerifyAt.IsZero(), work.LateDelete, work.LatePost, work.Restore, work.Named, work.Tried, work.Refused != nil)
	p.running++
	m.spawn(name, p, func(ctx context.Context) {
		m.leases[actorOf(ctx)] = work
		defer func() {
			p.running--
			delete(m.leases, actorOf(ctx))
		}()
		p.workers.Pass(ctx, work)
	})
	if !p.beating {
		p.beating = true
		m.spawn(p.name+" beat", p, p.beat)
	}
}

func (p *process) beat(ctx context.Context) {
	defer func() { p.beating = false }()
	for p.running > 0 {
		actorOf(ctx).sleep(time.Second)
		if p.running > 0 {
			p.workers.Renew(ctx)
		}
	}
}

// Now is the process's clock, which is not the database's.
func (p *process) Now() time.Time { return p.sim.now.Add(p.skew) }

// Sleep stops the actor. The length is drawn anew: the caller's has a jitter that no seed repeats.
func (p *process) Sleep(ctx context.Context, _ time.Duration) error {
	actorOf(ctx).sleep(p.sim.choose.between(100*time.Millisecond, 2*time.Second))
	return nil
}

// call stops before a call to the database, and lets it meet its fate.
func (p *process) call(ctx context.Context, what string, f func(ctx context.Context) error) error {
	a := actorOf(ctx)
	a.step("%s", what)
	fate := p.sim.choose.breaks(what)
	if fate == storeRefuses {
		p.sim.logf(a.name, "… the database is down")
		return errDown
	}
	// Without the caller's deadline, which goes by another clock.
	err := f(context.WithoutCancel(ctx))
	a.exitIfDead()
	if err != nil {
		p.sim.logf(a.name, "… %v", err)
		if storelink.CodeOf(err) == storelink.ErrInternal && !errors.Is(err, storelink.ErrLeaseLost) {
			p.sim.fail("%s: %v", what, err)
		}
	}
	if fate == storeForgets && err == nil {
		p.sim.logf(a.name, "… done, but the database's answer is lost")
		return errDown
	}
	return err
}

// Claim is onboard.Queue.
func (p *process) Claim(ctx context.Context, room storelink.Room, lateness time.Duration) (claimed []*storelink.Work, err error) {
	err = p.call(ctx, "claim", func(ctx context.Context) (err error) {
		claimed, err = p.db.Claim(ctx, room, lateness)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// Renew is onboard.Queue.
func (p *process) Renew(ctx context.Context, leases []storelink.Lease) (renewed, gone []string, err error) {
	err = p.call(ctx, "renew", func(ctx context.Context) (err error) {
		renewed, gone, err = p.db.Renew(ctx, leases)
		return err
	})
	return renewed, gone, err
}

// HandBack is onboard.Queue.
func (p *process) HandBack(ctx context.Context, w *storelink.Work) error {
	return p.call(ctx, "hand back", func(ctx context.Context) error {
		rows := p.sim.rows(` WHERE id = $1`, w.MappingID)
		err := p.db.HandBack(ctx, w)
		if err == nil && rows[0].Token == w.LeaseToken {
			p.sim.written(ctx, w)
		}
		return err
	})
}

// Save is onboard.Ledger.
func (p *process) Save(ctx context.Context, w *storelink.Work) error {
	what := "save"
	if w.Intent != nil {
		what = fmt.Sprintf("intend %s %s", w.Intent.Kind, w.Intent.LocalStoreID)
	}
	return p.call(ctx, fmt.Sprintf("%s (restore %q tried %v verify %v)", what, w.Restore, w.Tried, !w.VerifyAt.IsZero()),
		func(ctx context.Context) error {
			return p.sim.guarded(ctx, w, func() error { return p.db.Save(ctx, w) })
		})
}

// Settle is onboard.Ledger.
func (p *process) Settle(ctx context.Context, w *storelink.Work, s storelink.Settlement) error {
	if s.RetryIn > 0 {
		s.RetryIn = p.backOff(s.RetryIn, w.Attempts)
	}
	if s.LookIn > 0 {
		s.LookIn = p.sim.lookIn()
	}
	what := fmt.Sprintf("settle %s %s with %q reverted %v", s.State, s.Outcome, w.Observed.LocalStoreID, s.Reverted)
	if s.Failure != nil {
		what += ": " + string(s.Failure.Code)
	}
	return p.call(ctx, what, func(ctx context.Context) error {
		err := p.sim.guarded(ctx, w, func() error { return p.db.Settle(ctx, w, s) })
		if err == nil {
			p.sim.checkSettled(w, s)
		}
		return err
	})
}

// Pause is onboard.Ledger.
func (p *process) Pause(ctx context.Context, w *storelink.Work, pause storelink.Pause) error {
	if pause.WaitingFor == storelink.WaitForUpstream {
		pause.In = p.backOff(pause.In, w.Attempts)
	}
	return p.call(ctx, fmt.Sprintf("pause for %q in %s", pause.WaitingFor+pause.WaitsForID, pause.In.Round(time.Millisecond)),
		func(ctx context.Context) error {
			err := p.sim.guarded(ctx, w, func() error { return p.db.Pause(ctx, w, pause) })
			if err == nil && pause.WaitingFor == storelink.WaitForConsent {
				p.sim.checkWoken(w)
			}
			return err
		})
}

// backOff draws a pause anew, unless it is one that upstream asked for.
func (p *process) backOff(d time.Duration, attempts int) time.Duration {
	longest := time.Second << min(attempts, 9)
	if d > longest {
		return d
	}
	return p.sim.choose.between(longest*3/4, longest)
}

// Holding is onboard.Ledger.
func (p *process) Holding(ctx context.Context, w *storelink.Work, localStoreID string) (held storelink.Holding, err error) {
	err = p.call(ctx, "who holds "+localStoreID, func(ctx context.Context) (err error) {
		held, err = p.db.Holding(ctx, w, localStoreID)
		p.sim.logf(actorOf(ctx).name, "… %s", held)
		return err
	})
	return held, err
}

// Restorable is onboard.Ledger.
func (p *process) Restorable(ctx context.Context, w *storelink.Work) (free bool, err error) {
	err = p.call(ctx, "may restore "+w.Restore, func(ctx context.Context) (err error) {
		free, err = p.db.Restorable(ctx, w)
		p.sim.logf(actorOf(ctx).name, "… %v", free)
		return err
	})
	return free, err
}

// BestToken is onboard.Tokens, as auth answers it.
func (p *process) BestToken(ctx context.Context, organizationID string, except []string) (token storelink.AccessToken, err error) {
	err = p.call(ctx, "choose a grant", func(ctx context.Context) error {
		grants, err := p.db.UsableGrants(ctx, organizationID, storelink.ScopeConnect)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if !slices.Contains(except, g.ID) {
				token = storelink.AccessToken{GrantID: g.ID, Value: "secret", Scopes: g.Scopes, ExpiresAt: g.ExpiresAt}
				return nil
			}
		}
		return storelink.Errorf(storelink.ErrReauthorizationRequired, "no grant is left")
	})
	return token, err
}

// MarkGrant is onboard.Tokens.
func (p *process) MarkGrant(ctx context.Context, grantID, reason string) error {
	return p.call(ctx, "mark the grant", func(ctx context.Context) error { return p.db.EndGrant(ctx, grantID, reason, 0) })
}

func wish(d storelink.Desired) string {
	if d.Kind == storelink.DesireID {
		return d.LocalStoreID
	}
	return string(d.Kind)
}
