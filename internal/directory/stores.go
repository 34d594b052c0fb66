package directory

import (
	"context"
	"slices"
	"strings"

	"storelink"
)

// Stores returns a page of one brand's stores, ordered by name and id, each with its mapping. It returns
// storelink.ErrNotFound where upstream knows no such brand.
func (s *Service) Stores(ctx context.Context, session storelink.Session, f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], error) {
	none := storelink.List[storelink.RemoteStore]{}
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return none, err
	}
	stores, at, err := cached(ctx, s, key{grant: tok.GrantID, call: "stores", brand: f.BrandID}, func(ctx context.Context) (rows[storelink.RemoteStore], error) {
		return s.readStores(ctx, session, tok, f.BrandID)
	})
	if err != nil {
		return none, err
	}
	list, err := s.selectStores(ctx, session.Organization.ID, stores, f)
	list.AsOf = at
	return list, err
}

// selectStores joins the mappings in: of all stores where the filter asks for them, else of the page alone.
func (s *Service) selectStores(ctx context.Context, organizationID string, stores rows[storelink.RemoteStore], f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], error) {
	if f.Query == "" && len(f.States) == 0 {
		list, err := stores.page(f.Page)
		if err != nil {
			return list, err
		}
		mapped, err := s.mappings(ctx, organizationID, list.Items)
		for i := range list.Items {
			list.Items[i].Mapping = mapped[refOf(list.Items[i])]
		}
		return list, err
	}
	mapped, err := s.mappings(ctx, organizationID, stores.items())
	if err != nil {
		return storelink.List[storelink.RemoteStore]{}, err
	}
	var chosen rows[storelink.RemoteStore]
	query := strings.ToLower(f.Query)
	for _, row := range stores {
		row.item.Mapping = mapped[refOf(row.item)]
		if matches(row, query, f.States) {
			chosen = append(chosen, row)
		}
	}
	return chosen.page(f.Page)
}

func matches(r row[storelink.RemoteStore], query string, states []storelink.MappingState) bool {
	state, local := storelink.StateNone, ""
	if m := r.item.Mapping; m != nil {
		state = m.State
		if m.LocalStoreID != nil {
			local = strings.ToLower(*m.LocalStoreID)
		}
	}
	return (strings.Contains(r.text, query) || strings.Contains(local, query)) &&
		(len(states) == 0 || slices.Contains(states, state))
}

func (s *Service) mappings(ctx context.Context, organizationID string, stores []storelink.RemoteStore) (map[storelink.StoreRef]*storelink.StoreMapping, error) {
	refs := make([]storelink.StoreRef, len(stores))
	for i, store := range stores {
		refs[i] = refOf(store)
	}
	found, err := s.snapshot.StoreMappings(ctx, organizationID, refs)
	mapped := make(map[storelink.StoreRef]*storelink.StoreMapping, len(found))
	for ref, m := range found {
		mapped[ref] = &m
	}
	return mapped, err
}

func refOf(s storelink.RemoteStore) storelink.StoreRef {
	return storelink.StoreRef{BrandID: s.BrandID, StoreID: s.ID}
}

// readStores reads a brand's stores and puts them into the snapshot, so that their names are known.
func (s *Service) readStores(ctx context.Context, session storelink.Session, tok storelink.AccessToken, brandID string) (rows[storelink.RemoteStore], error) {
	var stores []storelink.RemoteStore
	err := s.ask(ctx, session, tok, storelink.ScopeRead, func(ctx context.Context) (err error) {
		stores, err = s.up.Stores(ctx, tok, storelink.LaneInteractive, brandID)
		return err
	})
	if err != nil {
		return nil, err
	}
	name, err := s.brandName(ctx, session, tok, brandID)
	if err != nil {
		return nil, err
	}
	sorted := make(rows[storelink.RemoteStore], len(stores))
	for i, store := range stores {
		store.BrandName = name
		sorted[i] = row[storelink.RemoteStore]{name: strings.ToLower(store.Name), id: store.ID, text: store.SearchText(), item: store}
	}
	sorted.sort()
	s.keep("stores", func(ctx context.Context) error {
		return s.snapshot.SaveStores(ctx, session.Organization.ID, storelink.Brand{ID: brandID, Name: name}, stores)
	})
	return sorted, nil
}

// Store returns one store with its mapping. It returns storelink.ErrNotFound where upstream knows none.
func (s *Service) Store(ctx context.Context, session storelink.Session, ref storelink.StoreRef) (storelink.RemoteStore, error) {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return storelink.RemoteStore{}, err
	}
	store, _, err := cached(ctx, s, key{grant: tok.GrantID, call: "store", brand: ref.BrandID, store: ref.StoreID}, func(ctx context.Context) (storelink.RemoteStore, error) {
		return s.readStore(ctx, session, tok, ref)
	})
	if err != nil {
		return storelink.RemoteStore{}, err
	}
	mapped, err := s.mappings(ctx, session.Organization.ID, []storelink.RemoteStore{store})
	store.Mapping = mapped[ref]
	return store, err
}

func (s *Service) readStore(ctx context.Context, session storelink.Session, tok storelink.AccessToken, ref storelink.StoreRef) (store storelink.RemoteStore, err error) {
	err = s.ask(ctx, session, tok, storelink.ScopeRead, func(ctx context.Context) (err error) {
		store, err = s.up.Store(ctx, tok, ref)
		return err
	})
	if err == nil {
		store.BrandName, err = s.brandName(ctx, session, tok, ref.BrandID)
	}
	return store, err
}

// Connection asks upstream what the store is connected to at this moment, past the cache. It returns
// storelink.ErrNotFound where upstream knows no such store.
func (s *Service) Connection(ctx context.Context, session storelink.Session, ref storelink.StoreRef) (storelink.Connection, error) {
	tok, err := s.tokens.Token(ctx, session)
	if err != nil {
		return storelink.Connection{}, err
	}
	asking, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	var c storelink.Connection
	err = s.ask(asking, session, tok, storelink.ScopeConnect, func(ctx context.Context) (err error) {
		c.LocalStoreID, err = s.up.Connection(ctx, storelink.Call{Token: tok, Store: ref, Lane: storelink.LaneInteractive})
		return err
	})
	if err != nil || c.LocalStoreID != "" {
		return c, err
	}
	// Upstream answers 404 for a store without a connection and for no store alike.
	err = s.ask(asking, session, tok, storelink.ScopeRead, func(ctx context.Context) error {
		_, err := s.up.Store(ctx, tok, ref)
		return err
	})
	return c, err
}
