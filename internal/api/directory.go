package api

import (
	"context"
	"strings"
	"time"

	"storelink"
	"storelink/internal/api/gen/public"
)

// Brands reads the organization and its brands with the grant of the session.
type Brands interface {
	Organization(ctx context.Context, s storelink.Session) (storelink.Organization, error)
	Brands(ctx context.Context, s storelink.Session, f storelink.BrandFilter) (storelink.List[storelink.Brand], error)
	Brand(ctx context.Context, s storelink.Session, brandID string) (storelink.Brand, error)
}

// Stores reads stores with the grant of the session.
type Stores interface {
	// Stores returns the stores of the filter's brand.
	Stores(ctx context.Context, s storelink.Session, f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], error)
	Store(ctx context.Context, s storelink.Session, ref storelink.StoreRef) (storelink.RemoteStore, error)
	// AllStores returns stores of the snapshot, and how far its first load has come while that runs.
	AllStores(ctx context.Context, s storelink.Session, f storelink.StoreFilter) (storelink.List[storelink.RemoteStore], *storelink.TreeProgress, error)
	// Connection asks upstream.
	Connection(ctx context.Context, s storelink.Session, ref storelink.StoreRef) (storelink.Connection, error)
}

type directoryHandlers struct {
	brands  Brands
	stores  Stores
	cursors cursors
}

// GetOrganization answers GET /api/organization.
func (h directoryHandlers) GetOrganization(ctx context.Context, _ public.GetOrganizationRequestObject) (public.GetOrganizationResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	o, err := h.brands.Organization(ctx, session)
	if err != nil {
		return nil, err
	}
	return public.GetOrganization200JSONResponse{Id: o.ID, Name: o.Name}, nil
}

// ListBrands answers GET /api/brands.
func (h directoryHandlers) ListBrands(ctx context.Context, r public.ListBrandsRequestObject) (public.ListBrandsResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	f := storelink.BrandFilter{Query: deref(r.Params.Q)}
	scope := []string{"listBrands", session.Organization.ID, f.Query}
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.brands.Brands(ctx, session, f)
	if err != nil {
		return nil, err
	}
	return public.ListBrands200JSONResponse{
		Items: each(list.Items, func(b storelink.Brand) public.Brand { return public.Brand{Id: b.ID, Name: b.Name} }),
		AsOf:  dated(list.AsOf), NextCursor: h.cursors.write(list.Next, scope...), Total: totalShape(list.Total),
	}, nil
}

// GetBrand answers GET /api/brands/{brandId}.
func (h directoryHandlers) GetBrand(ctx context.Context, r public.GetBrandRequestObject) (public.GetBrandResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	b, err := h.brands.Brand(ctx, session, strings.ToLower(r.BrandId))
	if err != nil {
		return nil, err
	}
	return public.GetBrand200JSONResponse{Id: b.ID, Name: b.Name}, nil
}

// ListBrandStores answers GET /api/brands/{brandId}/stores.
func (h directoryHandlers) ListBrandStores(ctx context.Context, r public.ListBrandStoresRequestObject) (public.ListBrandStoresResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	f := storeFilter(r.BrandId, r.Params.Q, r.Params.State)
	scope := storeScope("listBrandStores", session, f)
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.stores.Stores(ctx, session, f)
	if err != nil {
		return nil, err
	}
	return public.ListBrandStores200JSONResponse(storeList(list, h.cursors.write(list.Next, scope...), nil)), nil
}

// ListStores answers GET /api/stores.
func (h directoryHandlers) ListStores(ctx context.Context, r public.ListStoresRequestObject) (public.ListStoresResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	f := storeFilter(deref(r.Params.BrandId), r.Params.Q, r.Params.State)
	scope := storeScope("listStores", session, f)
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, progress, err := h.stores.AllStores(ctx, session, f)
	if err != nil {
		return nil, err
	}
	return public.ListStores200JSONResponse(storeList(list, h.cursors.write(list.Next, scope...), progress)), nil
}

// GetStore answers GET /api/brands/{brandId}/stores/{storeId}.
func (h directoryHandlers) GetStore(ctx context.Context, r public.GetStoreRequestObject) (public.GetStoreResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	s, err := h.stores.Store(ctx, session, storeRef(r.BrandId, r.StoreId))
	if err != nil {
		return nil, err
	}
	return public.GetStore200JSONResponse(storeShape(s)), nil
}

// GetConnection answers GET /api/brands/{brandId}/stores/{storeId}/connection.
func (h directoryHandlers) GetConnection(ctx context.Context, r public.GetConnectionRequestObject) (public.GetConnectionResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	connection, err := h.stores.Connection(ctx, session, storeRef(r.BrandId, r.StoreId))
	if err != nil {
		return nil, err
	}
	return public.GetConnection200JSONResponse{
		Connected: connection.LocalStoreID != "", LocalStoreId: orNull(connection.LocalStoreID),
	}, nil
}

// storeRef names a store; upstream's ids are canonical in lower case (RFC 9562 section 4).
func storeRef(brandID, storeID string) storelink.StoreRef {
	return storelink.StoreRef{BrandID: strings.ToLower(brandID), StoreID: strings.ToLower(storeID)}
}

func storeFilter(brandID string, q *string, state *public.State) storelink.StoreFilter {
	f := storelink.StoreFilter{BrandID: strings.ToLower(brandID), Query: deref(q)}
	if state != nil {
		f.States = []storelink.MappingState{storelink.MappingState(*state)}
	}
	return f
}

func storeScope(operation string, s storelink.Session, f storelink.StoreFilter) []string {
	scope := []string{operation, s.Organization.ID, f.BrandID, f.Query}
	for _, state := range f.States {
		scope = append(scope, string(state))
	}
	return scope
}

func storeList(list storelink.List[storelink.RemoteStore], next *string, progress *storelink.TreeProgress) public.StoreList {
	answer := public.StoreList{
		Items: each(list.Items, storeShape), NextCursor: next, AsOf: dated(list.AsOf), Total: totalShape(list.Total),
	}
	if progress != nil {
		answer.Loading = &public.Loading{Brands: progress.Brands, Of: progress.Of}
	}
	return answer
}

func storeShape(s storelink.RemoteStore) public.Store {
	answer := public.Store{Id: s.ID, BrandId: s.BrandID, BrandName: s.BrandName, Name: s.Name}
	if a := s.Address; a != nil {
		answer.Address = &public.Address{
			FullAddress: a.FullAddress, PostalCode: a.PostalCode, City: a.City, State: a.State,
			CountryCode: a.CountryCode, AddressLines: append([]string{}, a.AddressLines...),
		}
		if a.Location != nil {
			answer.Address.Location = &public.Location{Latitude: a.Location.Latitude, Longitude: a.Location.Longitude}
		}
	}
	if m := s.Mapping; m != nil {
		answer.Mapping = &public.StoreMapping{
			State: public.MappingState(m.State), LocalStoreId: m.LocalStoreID, ObservedAt: inUTC(m.ObservedAt),
		}
	}
	return answer
}

func totalShape(t *storelink.Total) *public.Total {
	if t == nil {
		return nil
	}
	return &public.Total{Value: int64(t.Value), Exact: t.Exact}
}

// each shapes every item; an empty list is [] and never null.
func each[From, To any](items []From, shape func(From) To) []To {
	shaped := make([]To, len(items))
	for i, item := range items {
		shaped[i] = shape(item)
	}
	return shaped
}

// dated is the time in UTC, or this moment where none was given.
func dated(t time.Time) time.Time {
	if t.IsZero() {
		t = time.Now()
	}
	return t.UTC()
}
