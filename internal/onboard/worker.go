package onboard

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"storelink"
)

const (
	leaseLasts   = 3 * time.Second        // as the queue's SQL has it
	leaseRenewal = time.Second            // how often leases are renewed
	leaseMargin  = time.Second            // nothing is sent upstream with less than this left
	claimPoll    = 500 * time.Millisecond // how often a worker looks by itself
	drainPasses  = 7 * time.Second        // how long running passes may finish when the process is to end
	defaultSize  = 32                     // passes at once
)

// Queue is the work list: the mapping table.
type Queue interface {
	// Claim leases mappings that are due, as many as there is room for. lateness is how long after its lease a dead
	// pass's write may still take effect.
	Claim(ctx context.Context, room storelink.Room, lateness time.Duration) ([]*storelink.Work, error)
	// Renew prolongs the leases and returns the tokens of those that it prolonged, and of those that are gone.
	Renew(ctx context.Context, leases []storelink.Lease) (renewed, gone []string, err error)
	// HandBack releases the lease of a pass that stopped half way, with what it knows, and wakes the workers.
	HandBack(ctx context.Context, w *storelink.Work) error
}

// Clock is the time that leases and passes go by.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// WorkersOptions configures Workers. Clock is the machine's where it is nil, Size the number of passes at once (0: 32),
// of which a quarter is kept for interactive work, UpstreamTimeout how late an unanswered write may still take effect.
type WorkersOptions struct {
	Queue           Queue
	Ledger          Ledger
	Upstream        Connections
	Tokens          Tokens
	Clock           Clock
	Size            int
	UpstreamTimeout time.Duration
	Drift           Drift
	Logger          *slog.Logger
	Metrics         *Metrics             // nil: nothing is counted
	Traces          trace.TracerProvider // nil: no spans
}

// Workers are one replica's claims on the work list.
type Workers struct {
	o      WorkersOptions
	wake   chan struct{}
	tracer trace.Tracer

	mu         sync.Mutex
	leases     map[string]lease // by token
	running    int              // passes
	background int              // of those that run, in the background
	drift      int              // of those that run, looks for drift
	turn       string           // the organization that had the last turn in the background

	passes sync.WaitGroup
}

// lease is a lease as this process sees it.
type lease struct {
	mapping string
	until   time.Time // when this process stops believing in it
}

// NewWorkers returns workers that do nothing until Run.
func NewWorkers(o WorkersOptions) *Workers {
	if o.Size == 0 {
		o.Size = defaultSize
	}
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	return &Workers{o: o, wake: make(chan struct{}, 1), tracer: newTracer(o.Traces), leases: map[string]lease{}}
}

// Wake makes the workers look at once. It never blocks.
func (w *Workers) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run claims and works until ctx ends. Then it claims no more, lets running passes finish for a few seconds, hands
// back the leases of the rest, and returns.
func (w *Workers) Run(ctx context.Context) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beat sync.WaitGroup
	beat.Go(func() { w.heartbeat(working) })
	ticker := time.NewTicker(claimPoll)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if w.claim(ctx, working) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-ticker.C:
		}
	}
	w.drain(stop)
	beat.Wait()
}

// drain ends running passes: those that do not finish in time are stopped, and hand their lease back.
func (w *Workers) drain(stop context.CancelFunc) {
	finished := make(chan struct{})
	go func() {
		w.passes.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-time.After(drainPasses):
	}
	stop()
	<-finished
}

// claim starts a pass for each mapping that it gets, and reports whether there may be more that there is room for.
func (w *Workers) claim(ctx, working context.Context) bool {
	room := w.room()
	if room.All == 0 {
		return false
	}
	claimed, err := w.Claim(ctx, room)
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.WarnContext(ctx, "claiming work", "error", err)
		}
		return false
	}
	for _, work := range claimed {
		w.begin(work)
		w.passes.Go(func() {
			defer w.end(work)
			w.Pass(working, work)
		})
	}
	return len(claimed) == room.All || room.Background > 0 && len(claimed) >= room.Background
}

// room is what this replica can take on. Background work never takes the last quarter.
func (w *Workers) room() storelink.Room {
	w.mu.Lock()
	defer w.mu.Unlock()
	room := storelink.Room{All: w.o.Size - w.running, Background: w.backgroundSize() - w.background, After: w.turn}
	room.Drift = max(0, w.driftSize()-w.drift)
	return room
}

func (w *Workers) backgroundSize() int { return w.o.Size - w.o.Size/4 }

// driftSize is how many looks for drift go on at once: few, so that they never come in a burst, and but one beside other
// work in the background, so that they are below it and never starve.
func (w *Workers) driftSize() int {
	if w.background > 0 {
		return 1
	}
	return max(1, w.o.Size/8)
}

func (w *Workers) begin(work *storelink.Work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running++
	switch work.Lane {
	case storelink.LaneBackground:
		w.background++
	case storelink.LaneDrift:
		w.drift++
	}
}

// end makes room, and claims again once it is worth a statement: every interactive pass, a few background passes.
func (w *Workers) end(work *storelink.Work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	full := w.running == w.o.Size
	w.running--
	switch work.Lane {
	case storelink.LaneBackground:
		w.background--
		full = full || w.background == w.backgroundSize()*3/4
	case storelink.LaneDrift:
		w.drift--
		full = full || w.drift == 0
	}
	if full {
		w.Wake()
	}
}

// Claim leases due mappings to this replica, as many as there is room for. Each of them must be given to Pass.
func (w *Workers) Claim(ctx context.Context, room storelink.Room) ([]*storelink.Work, error) {
	asked := w.o.Clock.Now()
	claiming, cancel := context.WithTimeout(ctx, leaseLasts)
	defer cancel()
	claimed, err := w.o.Queue.Claim(claiming, room, w.o.UpstreamTimeout)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, work := range claimed {
		w.leases[work.LeaseToken] = lease{mapping: work.MappingID, until: asked.Add(leaseLasts)}
	}
	w.turn = lastTurn(room.After, claimed)
	return claimed, nil
}

// lastTurn returns the organization that came last where the turns begin after the given one and go round.
func lastTurn(after string, claimed []*storelink.Work) string {
	last, wrapped := after, false
	for _, work := range claimed {
		id := work.OrganizationID
		if work.Lane != storelink.LaneBackground || work.Restore != "" {
			continue
		}
		if again := id <= after; again == wrapped && id > last || again && !wrapped {
			last, wrapped = id, again
		}
	}
	return last
}

// Pass runs one pass over claimed work and sees to its lease where the pass did not end by itself.
func (w *Workers) Pass(ctx context.Context, work *storelink.Work) {
	defer w.release(work.LeaseToken)
	p := &pass{
		work: work, ledger: w.o.Metrics.over(w.o.Ledger), up: w.o.Upstream, tokens: w.o.Tokens,
		live: func() error { return w.live(work.LeaseToken) },
		now:  w.o.Clock.Now, sleep: w.o.Clock.Sleep, timeout: w.o.UpstreamTimeout, drift: w.o.Drift,
	}
	began := time.Now()
	ctx, span := w.beginSpan(ctx, work)
	err := p.run(ctx)
	endSpan(span, err)
	w.o.Metrics.ended(ctx, began, work.Lane, err)
	switch {
	case err == nil:
		return
	case !errors.Is(err, storelink.ErrLeaseLost) && ctx.Err() == nil:
		// The lease lapses by itself: a fault that stays does not become a busy loop.
		w.o.Logger.ErrorContext(ctx, "pass stopped", "mapping", work.MappingID, "run", work.RunID, "error", err)
		return
	}
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := w.o.Queue.HandBack(back, work); err != nil {
		w.o.Logger.WarnContext(ctx, "handing a lease back", "mapping", work.MappingID, "error", err)
	}
}

// heartbeat renews all leases in one statement every second.
func (w *Workers) heartbeat(ctx context.Context) {
	ticker := time.NewTicker(leaseRenewal)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.Renew(ctx)
		}
	}
}

// Renew prolongs the leases of all running passes in one statement.
func (w *Workers) Renew(ctx context.Context) {
	w.mu.Lock()
	leases := make([]storelink.Lease, 0, len(w.leases))
	for token, l := range w.leases {
		leases = append(leases, storelink.Lease{MappingID: l.mapping, Token: token})
	}
	w.mu.Unlock()
	if len(leases) == 0 {
		return
	}
	sent := w.o.Clock.Now()
	renewing, cancel := context.WithTimeout(ctx, leaseRenewal)
	defer cancel()
	renewed, gone, err := w.o.Queue.Renew(renewing, leases)
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.WarnContext(ctx, "renewing leases", "error", err)
		}
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.believe(renewed, sent.Add(leaseLasts))
	w.believe(gone, time.Time{})
}

// believe sets how long the leases that still have a pass are believed in. It is called with the lock held.
func (w *Workers) believe(tokens []string, until time.Time) {
	for _, token := range tokens {
		if l, mine := w.leases[token]; mine {
			w.leases[token] = lease{mapping: l.mapping, until: until}
		}
	}
}

func (w *Workers) release(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.leases, token)
}

// live returns storelink.ErrLeaseLost where too little is left of the lease for a call to be sent.
func (w *Workers) live(token string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.leases[token].until.Sub(w.o.Clock.Now()) < leaseMargin {
		return storelink.ErrLeaseLost
	}
	return nil
}

type machineClock struct{}

// Now is the machine's time, which never goes back within a process.
func (machineClock) Now() time.Time { return time.Now() }

// Sleep ends early with the context's error.
func (machineClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
