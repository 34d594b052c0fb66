// Package simulator plays schedules of the heart: the real planner, passes, workers and store over a real Postgres,
// against the sandbox's core.
//
// One scheduler releases one actor at a time, at each call to the database or upstream; who goes on, what becomes of
// each call and when time passes is drawn from a seed, so that a schedule replays. When the faults have stopped and
// everything due was worked off, the invariants of the reconciler must hold, whatever the seed.
package simulator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"storelink"
	"storelink/internal/onboard"
	"storelink/internal/sandbox"
)

const (
	most     = 6000             // steps of one schedule: more means that it does not come to rest
	patience = 15 * time.Minute // for restores that cannot succeed
)

// simulation is one schedule under way.
type simulation struct {
	*scheduler
	ctx       context.Context
	bench     *Bench
	otter     *otter
	org       storelink.Organization
	processes []*process
	lives     int
	grants    int
	leases    map[*actor]*storelink.Work
	asks      []asked
	calmAt    time.Time
	drift     onboard.Drift
	atEnd     func() // what a scenario holds besides the invariants; nil: nothing
}

// asked is an item that was accepted.
type asked struct {
	run    string
	number int
	store  *remoteStore
	ask    storelink.Ask
}

// Result says how a schedule went.
type Result struct {
	Steps int
	Calls int
	Trace string
	Err   error // nil: every invariant held
}

// Play plays the schedule of a seed.
func (b *Bench) Play(ctx context.Context, seed uint64) Result {
	d := newDice(seed)
	return b.play(ctx, d, onboard.Drift{}, func(m *simulation) { m.random(d) })
}

func (b *Bench) play(ctx context.Context, c chooser, drift onboard.Drift, begin func(m *simulation)) Result {
	m := &simulation{
		ctx: ctx, bench: b, leases: map[*actor]*storelink.Work{}, drift: drift,
		scheduler: &scheduler{choose: c, epoch: epoch, now: epoch, yielded: make(chan *actor)},
	}
	m.moved = func(to time.Time) { m.must(b.setClock(ctx, to)) }
	m.nextDue = func() (time.Time, bool) {
		at, ok, err := b.nextDue(ctx)
		m.must(err)
		return at, ok
	}
	if c.splits() {
		m.blocked = func() (int, []uint32) {
			n, by, err := b.blocked(ctx)
			m.must(err)
			return n, by
		}
	}
	if err := m.prepare(); err != nil {
		return Result{Err: err}
	}
	begin(m)
	// The faults go on for a while after the last ask.
	m.run(most, func() bool { return m.steps > 500 || m.now.Sub(epoch) > time.Minute && len(m.flying) == 0 })
	m.calm()
	m.checkAll()
	if m.failure == nil && m.atEnd != nil {
		m.atEnd()
	}
	m.askAgain()
	m.end()
	return Result{Steps: m.steps, Calls: m.otter.calls, Trace: m.text(), Err: m.failure}
}

// must notes an error of the simulator's own.
func (m *simulation) must(err error) {
	if err != nil {
		m.fail("the simulator itself: %w", err)
	}
}

func (m *simulation) prepare() error {
	if err := m.bench.clean(m.ctx); err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	core := sandbox.NewCore(sandbox.Options{Clock: func() time.Time { return m.now }})
	answer, err := core.IssueToken(sandbox.AccountSmall)
	if err != nil {
		return err
	}
	principal, err := core.Authenticate(answer.AccessToken, sandbox.ScopeIntegration)
	if err != nil {
		return err
	}
	m.otter = &otter{s: m.scheduler, core: core, principal: principal, refused: map[string]bool{}, check: m.checkWrite}
	organization := core.Organization(principal)
	m.org = storelink.Organization{ID: organization.ID, Name: organization.Name}
	for i, s := range core.Stores(sandbox.AccountSmall)[:3] {
		core.RemoveConnection(s.StoreID)
		m.otter.stores = append(m.otter.stores, &remoteStore{
			ref: storelink.StoreRef{BrandID: s.BrandID, StoreID: s.StoreID}, name: fmt.Sprintf("store%d", i+1),
		})
	}
	if err := m.signIn(m.ctx); err != nil {
		return err
	}
	for slot := range replicas {
		m.start(slot)
	}
	return nil
}

// signIn stores a grant, as a person who gives consent brings one.
func (m *simulation) signIn(ctx context.Context) error {
	m.grants++
	id := fmt.Sprintf("00000000-0000-7000-8000-%012d", m.grants)
	return m.bench.stores[0].CompleteSignin(ctx, storelink.SignedIn{
		Organization: m.org, CookieHash: []byte(id),
		Grant: storelink.SealedGrant{
			Grant:        storelink.Grant{ID: id, Scopes: []string{storelink.ScopeRead, storelink.ScopeConnect}},
			SealedAccess: []byte("sealed"), Lifetime: 30 * 24 * time.Hour,
		},
	})
}

// calm ends the faults, signs in once more, and works off everything that is due.
func (m *simulation) calm() {
	m.choose.calm()
	m.logf("world", "no faults from here on")
	m.spawn("person", nil, func(ctx context.Context) {
		actorOf(ctx).step("signs in")
		m.must(m.signIn(context.WithoutCancel(ctx)))
	})
	m.calmAt = m.now
	m.run(most, m.atRest)
}

// atRest reports whether all that is left is restores that cannot be done, and looks for drift.
func (m *simulation) atRest() bool {
	if m.now.Sub(m.calmAt) < patience {
		return false
	}
	var busy bool
	m.must(m.bench.sql.QueryRow(m.ctx, `
		SELECT EXISTS (SELECT 1 FROM mappings WHERE leased_until IS NOT NULL
			OR wake_at IS NOT NULL AND code IS DISTINCT FROM 'restore_failed' AND (lane <> 'drift' OR restore_local_id IS NOT NULL))`).Scan(&busy))
	return !busy && len(m.flying) == 0
}

func (m *simulation) compare(a, b storelink.StoreRef) int {
	return strings.Compare(m.otter.store(a).name, m.otter.store(b).name)
}
