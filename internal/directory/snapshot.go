package directory

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"storelink"
)

const (
	parallelBrands  = 4
	snapshotTimeout = 30 * time.Minute
	heartbeat       = 3 * time.Second
)

// Snapshot keeps what was read upstream, and the mappings that belong to it. Errors are those of the root package.
type Snapshot interface {
	Shelf
	Loads
	// StoreMappings returns the mappings of these stores; stores without one are not in the answer.
	StoreMappings(ctx context.Context, organizationID string, refs []storelink.StoreRef) (map[storelink.StoreRef]storelink.StoreMapping, error)
	// FindStores returns a page of the snapshot, each store with its mapping.
	FindStores(ctx context.Context, organizationID string, f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], error)
}

// Shelf keeps the parts of the tree.
type Shelf interface {
	UpsertOrganization(ctx context.Context, o storelink.Organization) error
	// SaveBrands replaces the organization's brands; what belongs to others goes.
	SaveBrands(ctx context.Context, organizationID string, brands []storelink.Brand) error
	// SaveStores replaces a brand's stores.
	SaveStores(ctx context.Context, organizationID string, brand storelink.Brand, stores []storelink.RemoteStore) error
	// FindBrand returns storelink.ErrNotFound for a brand that was not seen within this time.
	FindBrand(ctx context.Context, organizationID, brandID string, within time.Duration) (storelink.Brand, error)
}

// Loads sees to it that an organization is loaded by one replica at a time, and that all of them can tell how far it is.
type Loads interface {
	FindSnapshot(ctx context.Context, organizationID string) (storelink.Snapshot, error)
	// ClaimSnapshot begins a load unless one is running or the snapshot is younger than olderThan.
	ClaimSnapshot(ctx context.Context, organizationID string, olderThan time.Duration) (claim time.Time, claimed bool, err error)
	// AdvanceSnapshot returns storelink.ErrLeaseLost where the claim went to another load.
	AdvanceSnapshot(ctx context.Context, organizationID string, claim time.Time, p storelink.TreeProgress) error
	EndSnapshot(ctx context.Context, organizationID string, claim time.Time, complete bool) error
}

// AllStores returns a page of the organization's stores over all brands, from the snapshot. Where there is none yet a
// load begins, and the answer is what it has brought so far, with its progress; where that load fails, its error is
// returned once before another begins. An old snapshot is served while a new one is loaded.
func (s *Service) AllStores(ctx context.Context, session storelink.Session, f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], *storelink.TreeProgress, error) {
	none := storelink.List[storelink.RemoteStore]{}
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return none, nil, err
	}
	// The snapshot belongs to the organization, so upstream has no say when it is read.
	if !slices.Contains(tok.Scopes, storelink.ScopeRead) {
		return none, nil, scopeMissing()
	}
	state, err := s.snapshot.FindSnapshot(ctx, session.Organization.ID)
	if err != nil {
		return none, nil, err
	}
	if err := s.freshen(ctx, session, state); err != nil {
		return none, nil, err
	}
	list, err := s.snapshot.FindStores(ctx, session.Organization.ID, f)
	if err != nil {
		return none, nil, err
	}
	list.AsOf = state.AsOf
	if !state.AsOf.IsZero() {
		return list, nil, nil
	}
	list.AsOf = time.Now()
	return list, &state.Progress, nil
}

// freshen begins a load where one is due and none is running anywhere.
func (s *Service) freshen(ctx context.Context, session storelink.Session, state storelink.Snapshot) error {
	if state.AsOf.IsZero() {
		if err := s.failures.show(session.Grant.ID); err != nil {
			return err
		}
	} else if state.Age < s.snapshotAge || s.failures.recent(session.Grant.ID) {
		return nil
	}
	if state.Running {
		return nil
	}
	claim, claimed, err := s.snapshot.ClaimSnapshot(ctx, session.Organization.ID, s.snapshotAge)
	if err != nil || !claimed {
		return err
	}
	s.background.start(snapshotTimeout, func(ctx context.Context) { s.load(ctx, session, claim) })
	return nil
}

func (s *Service) load(ctx context.Context, session storelink.Session, claim time.Time) {
	err := s.loadTree(ctx, session, claim)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if ended := s.snapshot.EndSnapshot(ending, session.Organization.ID, claim, err == nil); err == nil {
		err = ended
	}
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, storelink.ErrLeaseLost) {
		return
	}
	s.failures.note(session.Grant.ID, err)
	s.log.WarnContext(ctx, "cannot load the snapshot", "organization", session.Organization.ID, "error", err)
}

// loadTree reads all brands, then their stores, some brands at a time. It stops where the claim is lost.
func (s *Service) loadTree(parent context.Context, session storelink.Session, claim time.Time) error {
	ctx, cancel := context.WithCancelCause(parent)
	var of, done atomic.Int64
	advance := func() error {
		p := storelink.TreeProgress{Brands: int(done.Load()), Of: int(of.Load())}
		return s.snapshot.AdvanceSnapshot(ctx, session.Organization.ID, claim, p)
	}
	var beating sync.WaitGroup
	beating.Go(func() { beat(ctx, cancel, advance) })
	defer beating.Wait()
	defer cancel(nil)

	brands, err := s.loadBrands(ctx, session)
	if err != nil {
		return stopped(ctx, err)
	}
	of.Store(int64(len(brands)))
	if err := advance(); err != nil {
		return err
	}
	group, loading := errgroup.WithContext(ctx)
	group.SetLimit(parallelBrands)
	for _, b := range brands {
		group.Go(func() error {
			if err := s.loadStores(loading, session, b); err != nil {
				return err
			}
			done.Add(1)
			return advance()
		})
	}
	return stopped(ctx, group.Wait())
}

// beat shows that the load lives, and ends it where it must not go on.
func beat(ctx context.Context, cancel context.CancelCauseFunc, advance func() error) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := advance(); err != nil {
				cancel(err)
				return
			}
		}
	}
}

// stopped returns why ctx was cancelled where err is only that it was.
func stopped(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

func (s *Service) loadBrands(ctx context.Context, session storelink.Session) ([]storelink.Brand, error) {
	var brands []storelink.Brand
	err := s.askAnew(ctx, session, func(ctx context.Context, tok storelink.AccessToken) (err error) {
		brands, err = s.up.Brands(ctx, tok)
		return err
	})
	if err != nil {
		return nil, err
	}
	return brands, s.snapshot.SaveBrands(ctx, session.Organization.ID, brands)
}

// loadStores takes a brand that is gone by now as one without stores. It reads in the background lane: a tree of many
// brands and pages must not keep others from theirs.
func (s *Service) loadStores(ctx context.Context, session storelink.Session, b storelink.Brand) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var stores []storelink.RemoteStore
	err := s.askAnew(ctx, session, func(ctx context.Context, tok storelink.AccessToken) (err error) {
		stores, err = s.up.Stores(ctx, tok, storelink.LaneBackground, b.ID)
		return err
	})
	if err != nil && storelink.CodeOf(err) != storelink.ErrNotFound {
		return err
	}
	return s.snapshot.SaveStores(ctx, session.Organization.ID, b, stores)
}

// askAnew asks with the grant's token of this moment: a load may outlast it, or the grant.
func (s *Service) askAnew(ctx context.Context, session storelink.Session, call func(ctx context.Context, tok storelink.AccessToken) error) error {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return err
	}
	return s.ask(ctx, session, tok, storelink.ScopeRead, func(ctx context.Context) error { return call(ctx, tok) })
}
