// Package directory reads an organization's tree: its brands and stores, live through a short cache or from the
// snapshot, each store with its mapping. A person's read is made with the grant of their own session, and what it brought
// is shown to nobody else's.
package directory

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"storelink"
)

const (
	// loadTimeout ends a load whose callers may be gone already.
	loadTimeout = 60 * time.Second
	// brandNameAge is how old a brand's name in the snapshot may be to stand beside its stores.
	brandNameAge = 10 * time.Minute
	// cacheRows bounds the cache: the brands and stores in it.
	cacheRows = 50_000
)

// Upstream is what the directory asks of upstream. Failures are *storelink.UpstreamError.
type Upstream interface {
	BrandsUpstream
	StoresUpstream
}

// BrandsUpstream reads the organization and its brands.
type BrandsUpstream interface {
	Organization(ctx context.Context, tok storelink.AccessToken) (storelink.Organization, error)
	Brands(ctx context.Context, tok storelink.AccessToken) ([]storelink.Brand, error)
	Brand(ctx context.Context, tok storelink.AccessToken, brandID string) (storelink.Brand, error)
}

// StoresUpstream reads stores and their connections.
type StoresUpstream interface {
	Stores(ctx context.Context, tok storelink.AccessToken, lane storelink.Lane, brandID string) ([]storelink.RemoteStore, error)
	Store(ctx context.Context, tok storelink.AccessToken, ref storelink.StoreRef) (storelink.RemoteStore, error)
	Connection(ctx context.Context, call storelink.Call) (localStoreID string, err error)
}

// Tokens gives out the token of a session's own grant.
type Tokens interface {
	// Token returns storelink.ErrReauthorizationRequired where the grant is dead.
	Token(ctx context.Context, s storelink.Session) (storelink.AccessToken, error)
	// MarkGrant records that upstream does not accept the grant any more.
	MarkGrant(ctx context.Context, grantID, reason string) error
}

// Options are what a Service needs. All but CacheTTL are required.
type Options struct {
	Upstream Upstream
	Snapshot Snapshot
	Tokens   Tokens
	// Candidates are what proposals are made of.
	Candidates Candidates
	CacheTTL   time.Duration // how old an answer to a read may be; zero: not cached
	Logger     *slog.Logger
}

// Service reads the tree. It is safe for concurrent use.
type Service struct {
	up          Upstream
	snapshot    Snapshot
	tokens      Tokens
	log         *slog.Logger
	cache       *otter.Cache[key, loaded]
	turns       turns
	background  *background
	failures    failures
	snapshotAge time.Duration // from which on it is loaded anew

	candidates Candidates
	matching   chan struct{} // holds one for each computation of proposals
	setsMu     sync.Mutex
	sets       map[proposalKey]*proposalSet
}

// New returns a Service. Close ends it.
func New(o Options) *Service {
	return &Service{
		up:          o.Upstream,
		snapshot:    o.Snapshot,
		tokens:      o.Tokens,
		log:         o.Logger,
		cache:       newCache(o.CacheTTL),
		background:  newBackground(),
		snapshotAge: max(10*o.CacheTTL, time.Minute),
		candidates:  o.Candidates,
		matching:    make(chan struct{}, 1),
		sets:        map[proposalKey]*proposalSet{},
	}
}

// Close ends the loads under way and waits for them.
func (s *Service) Close() {
	s.background.close()
	s.cache.StopAllGoroutines()
}

// Organization returns the organization of the session's grant. A grant that answers for another organization than the
// one it was given for is dead: everything kept under it would be in the wrong place.
func (s *Service) Organization(ctx context.Context, session storelink.Session) (storelink.Organization, error) {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return storelink.Organization{}, err
	}
	o, _, err := cached(ctx, s, key{grant: tok.GrantID, call: "organization"}, func(ctx context.Context) (storelink.Organization, error) {
		return s.readOrganization(ctx, session, tok)
	})
	return o, err
}

func (s *Service) readOrganization(ctx context.Context, session storelink.Session, tok storelink.AccessToken) (o storelink.Organization, err error) {
	err = s.ask(ctx, session, tok, storelink.ScopeRead, func(ctx context.Context) (err error) {
		o, err = s.up.Organization(ctx, tok)
		return err
	})
	if err != nil {
		return o, err
	}
	if o.ID != session.Organization.ID {
		if err := s.tokens.MarkGrant(ctx, tok.GrantID, "it belongs to another organization by now"); err != nil {
			return o, err
		}
		return o, storelink.Errorf(storelink.ErrReauthorizationRequired, "The sign-in belongs to another organization by now. Sign in again.")
	}
	if o.Name != session.Organization.Name {
		s.keep("organization", func(ctx context.Context) error { return s.snapshot.UpsertOrganization(ctx, o) })
	}
	return o, nil
}

// Brands returns a page of the organization's brands, ordered by name and id.
func (s *Service) Brands(ctx context.Context, session storelink.Session, f storelink.BrandFilter) (storelink.List[storelink.Brand], error) {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return storelink.List[storelink.Brand]{}, err
	}
	brands, at, err := cached(ctx, s, brandsKey(tok), func(ctx context.Context) (rows[storelink.Brand], error) {
		var brands []storelink.Brand
		err := s.ask(ctx, session, tok, storelink.ScopeRead, func(ctx context.Context) (err error) {
			brands, err = s.up.Brands(ctx, tok)
			return err
		})
		if err != nil {
			return nil, err
		}
		s.keep("brands", func(ctx context.Context) error {
			return s.snapshot.SaveBrands(ctx, session.Organization.ID, brands)
		})
		return sortBrands(brands), nil
	})
	if err != nil {
		return storelink.List[storelink.Brand]{}, err
	}
	list, err := brands.containing(f.Query).page(f.Page)
	list.AsOf = at
	return list, err
}

func brandsKey(tok storelink.AccessToken) key { return key{grant: tok.GrantID, call: "brands"} }

// Brand returns one brand. It returns storelink.ErrNotFound where upstream knows none.
func (s *Service) Brand(ctx context.Context, session storelink.Session, brandID string) (storelink.Brand, error) {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return storelink.Brand{}, err
	}
	b, _, err := cached(ctx, s, key{grant: tok.GrantID, call: "brand", brand: brandID}, func(ctx context.Context) (storelink.Brand, error) {
		return s.readBrand(ctx, session, tok, brandID)
	})
	return b, err
}

func (s *Service) readBrand(ctx context.Context, session storelink.Session, tok storelink.AccessToken, brandID string) (b storelink.Brand, err error) {
	err = s.ask(ctx, session, tok, storelink.ScopeRead, func(ctx context.Context) (err error) {
		b, err = s.up.Brand(ctx, tok, brandID)
		return err
	})
	return b, err
}

// brandName knows the name to stand beside a brand's stores from the brands that this grant read, else from the
// snapshot, and asks upstream only where both are silent.
func (s *Service) brandName(ctx context.Context, session storelink.Session, tok storelink.AccessToken, brandID string) (string, error) {
	if known, ok := s.cache.GetIfPresent(brandsKey(tok)); ok {
		for _, row := range known.value.(rows[storelink.Brand]) {
			if row.id == brandID {
				return row.item.Name, nil
			}
		}
	}
	b, err := s.snapshot.FindBrand(ctx, session.Organization.ID, brandID, brandNameAge)
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		b, err = s.readBrand(ctx, session, tok, brandID)
	}
	return b.Name, err
}

func sortBrands(brands []storelink.Brand) rows[storelink.Brand] {
	sorted := make(rows[storelink.Brand], len(brands))
	for i, b := range brands {
		name := strings.ToLower(b.Name)
		sorted[i] = row[storelink.Brand]{name: name, id: b.ID, text: name, item: b}
	}
	sorted.sort()
	return sorted
}

// keep puts what was read into the database behind the answer's back; what fails is read again soon enough.
func (s *Service) keep(what string, save func(ctx context.Context) error) {
	s.background.start(10*time.Second, func(ctx context.Context) {
		if err := save(ctx); err != nil && !errors.Is(err, context.Canceled) {
			s.log.WarnContext(ctx, "cannot keep what was read upstream", "what", what, "error", err)
		}
	})
}
