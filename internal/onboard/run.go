package onboard

import (
	"context"
	"sync"
	"time"

	"storelink"
)

// Runs keeps runs: what was asked, and what came of it.
type Runs interface {
	// Accept writes the run and makes its mappings due, in one transaction.
	Accept(ctx context.Context, by storelink.Asker, asks []storelink.Ask, key *storelink.IdempotencyKey) (runID string, repeated bool, err error)
	FindRun(ctx context.Context, organizationID, runID string) (storelink.Run, error)
	FindRuns(ctx context.Context, organizationID string, page storelink.Page) (storelink.List[storelink.Run], error)
	FindAllRuns(ctx context.Context, f storelink.RunFilter) (storelink.List[storelink.Run], error)
	FindItems(ctx context.Context, runID string, f storelink.ItemFilter) (storelink.List[storelink.Item], error)
	// ChangedItems returns items that changed after the mark, up to a version of the run, in the order of their changes.
	ChangedItems(ctx context.Context, runID string, after storelink.ItemMark, upTo int64, limit int) ([]storelink.Item, error)
	// Cancel ends what nobody has begun.
	Cancel(ctx context.Context, by storelink.Asker, runID string) error
}

// Options configures a Service.
type Options struct {
	Runs     Runs
	Previews PreviewStore
	Looks    Looks
	Tokens   SessionTokens
	Wake     func() // makes the workers of this process look at once; NOTIFY wakes those of the others
}

// Service takes asks in and answers for them. The work is done by Workers, of this replica or another.
type Service struct {
	o Options

	mu      sync.Mutex
	waiting map[string]map[chan struct{}]struct{} // run id → who waits for it
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{o: o, waiting: map[string]map[chan struct{}]struct{}{}}
}

// Start accepts a run. A repeat of an idempotency key returns the first run and true. Errors are those of
// store.DB.Accept.
func (s *Service) Start(ctx context.Context, by storelink.Asker, asks []storelink.Ask, key *storelink.IdempotencyKey) (storelink.Run, bool, error) {
	id, repeated, err := s.o.Runs.Accept(ctx, by, asks, key)
	if err != nil {
		return storelink.Run{}, false, err
	}
	s.o.Wake()
	run, err := s.o.Runs.FindRun(ctx, by.OrganizationID, id)
	return run, repeated, err
}

const (
	// waitPoll is how often Wait looks by itself: a lost notification costs a moment, never an answer.
	waitPoll = 500 * time.Millisecond
	// waitGap is how long Wait does not look again at a run that has many stores left: each of them notifies.
	waitGap  = 100 * time.Millisecond
	manyLeft = 10
)

// Wait returns the run once it is done, or as it stands after d.
func (s *Service) Wait(ctx context.Context, organizationID, runID string, d time.Duration) (storelink.Run, error) {
	changed, stop := s.Watch(runID)
	defer stop()
	end := time.NewTimer(d)
	defer end.Stop()
	poll := time.NewTicker(waitPoll)
	defer poll.Stop()
	for {
		run, err := s.o.Runs.FindRun(ctx, organizationID, runID)
		if err != nil || run.State == storelink.RunDone {
			return run, err
		}
		if run.Counts.Pending > manyLeft {
			if err := (machineClock{}).Sleep(ctx, min(waitGap, d)); err != nil {
				return run, err
			}
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-end.C:
			return run, nil
		case <-changed:
		case <-poll.C:
		}
	}
}

// Run returns a run of the organization, or of any where organizationID is empty, or storelink.ErrNotFound.
func (s *Service) Run(ctx context.Context, organizationID, runID string) (storelink.Run, error) {
	return s.o.Runs.FindRun(ctx, organizationID, runID)
}

// Runs returns the organization's runs, newest first.
func (s *Service) Runs(ctx context.Context, organizationID string, page storelink.Page) (storelink.List[storelink.Run], error) {
	return s.o.Runs.FindRuns(ctx, organizationID, page)
}

// AllRuns returns runs of all organizations, newest first.
func (s *Service) AllRuns(ctx context.Context, f storelink.RunFilter) (storelink.List[storelink.Run], error) {
	return s.o.Runs.FindAllRuns(ctx, f)
}

// Items returns items of a run of the organization, in the order of the request, or storelink.ErrNotFound.
func (s *Service) Items(ctx context.Context, organizationID, runID string, f storelink.ItemFilter) (storelink.List[storelink.Item], error) {
	if _, err := s.o.Runs.FindRun(ctx, organizationID, runID); err != nil {
		return storelink.List[storelink.Item]{}, err
	}
	return s.o.Runs.FindItems(ctx, runID, f)
}
