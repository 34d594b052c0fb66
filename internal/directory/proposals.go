package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"storelink"
)

const (
	// matchTimeout ends a computation whose callers may be gone already.
	matchTimeout = 60 * time.Second
	// proposalAge is how old what was computed may be: asks and looks change what is free.
	proposalAge = 30 * time.Second
	// proposalSets is how many computed sets are kept.
	proposalSets = 32
)

// Candidates are what proposals are made of.
type Candidates interface {
	// CatalogueVersion changes with every change of the catalogue.
	CatalogueVersion(ctx context.Context) (int64, error)
	// UnconnectedStores returns the organization's stores in the snapshot that have no local store id and shall have none.
	UnconnectedStores(ctx context.Context, organizationID string) ([]storelink.RemoteStore, error)
	// FreeLocalStores returns the stores of the catalogue that may be used and that no mapping holds.
	FreeLocalStores(ctx context.Context, a storelink.LocalStoreAccess) ([]storelink.LocalStore, error)
}

// proposalKey names a set: what it was computed from.
type proposalKey struct {
	organization, access string
	snapshot             time.Time
	catalogue            int64
}

type proposalSet struct {
	at    time.Time
	items []storelink.Proposal
	err   error
	done  chan struct{}
}

// Proposals returns the local stores that the organization's unconnected ones most likely are, by brand and store id. The
// first who asks has them computed behind the request, one set at a time on this replica; who cannot wait gets
// context.DeadlineExceeded and finds them the next time.
func (s *Service) Proposals(ctx context.Context, session storelink.Session, a storelink.LocalStoreAccess) ([]storelink.Proposal, time.Time, error) {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !slices.Contains(tok.Scopes, storelink.ScopeRead) {
		return nil, time.Time{}, scopeMissing()
	}
	state, err := s.snapshot.FindSnapshot(ctx, session.Organization.ID)
	if err != nil {
		return nil, time.Time{}, err
	}
	version, err := s.candidates.CatalogueVersion(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	key := proposalKey{organization: session.Organization.ID, access: accessKey(a), snapshot: state.AsOf, catalogue: version}
	set := s.proposalSet(key, a)
	select {
	case <-set.done:
		if set.err != nil {
			return nil, time.Time{}, set.err
		}
		open, err := s.stillOpen(ctx, session.Organization.ID, set.items)
		return open, set.at, err
	case <-ctx.Done():
		return nil, time.Time{}, ctx.Err()
	}
}

func accessKey(a storelink.LocalStoreAccess) string {
	if a.All {
		return "all"
	}
	return strings.Join(append([]string{a.Group}, a.IDs...), "\x00")
}

// proposalSet returns the set that is kept or under way, or begins a new one.
func (s *Service) proposalSet(key proposalKey, a storelink.LocalStoreAccess) *proposalSet {
	s.setsMu.Lock()
	defer s.setsMu.Unlock()
	for k, set := range s.sets {
		if isDone(set) && (set.err != nil || time.Since(set.at) > proposalAge) {
			delete(s.sets, k)
		}
	}
	if set, ok := s.sets[key]; ok {
		return set
	}
	set := &proposalSet{at: time.Now(), done: make(chan struct{})}
	if len(s.sets) >= proposalSets || !s.background.start(matchTimeout, func(ctx context.Context) { s.compute(ctx, key, a, set) }) {
		busy := storelink.Errorf(storelink.ErrTooManyRequests, "Too many proposals are being computed.")
		busy.RetryAfter = 5 * time.Second
		set.err = busy
		close(set.done)
		return set
	}
	s.sets[key] = set
	return set
}

func isDone(set *proposalSet) bool {
	select {
	case <-set.done:
		return true
	default:
		return false
	}
}

func (s *Service) compute(ctx context.Context, key proposalKey, a storelink.LocalStoreAccess, set *proposalSet) {
	defer close(set.done)
	select {
	case s.matching <- struct{}{}:
		defer func() { <-s.matching }()
	case <-ctx.Done():
		set.err = ctx.Err()
		return
	}
	set.items, set.err = s.propose(ctx, key.organization, a)
	set.at = time.Now()
	if set.err != nil && !errors.Is(set.err, context.Canceled) {
		s.log.WarnContext(ctx, "cannot compute proposals", "organization", key.organization, "error", set.err)
	}
}

func (s *Service) propose(ctx context.Context, organizationID string, a storelink.LocalStoreAccess) ([]storelink.Proposal, error) {
	remote, err := s.candidates.UnconnectedStores(ctx, organizationID)
	if err != nil || len(remote) == 0 {
		return nil, err
	}
	local, err := s.candidates.FreeLocalStores(ctx, a)
	if err != nil || len(local) == 0 {
		return nil, err
	}
	found, err := Match(ctx, remote, local)
	slices.SortFunc(found, func(x, y storelink.Proposal) int {
		return strings.Compare(x.Store.BrandID+x.Store.StoreID, y.Store.BrandID+y.Store.StoreID)
	})
	return found, err
}

// stillOpen leaves out the stores that got a connection since, and the local stores that went to one of them.
func (s *Service) stillOpen(ctx context.Context, organizationID string, items []storelink.Proposal) ([]storelink.Proposal, error) {
	refs := make([]storelink.StoreRef, len(items))
	for i, p := range items {
		refs[i] = p.Store
	}
	mappings, err := s.snapshot.StoreMappings(ctx, organizationID, refs)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, m := range mappings {
		if m.LocalStoreID != nil {
			taken[*m.LocalStoreID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(items), func(p storelink.Proposal) bool {
		return mappings[p.Store].LocalStoreID != nil || taken[p.LocalStoreID]
	}), nil
}
