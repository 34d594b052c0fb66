package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"storelink"
	"storelink/internal/api/gen/operator"
	"storelink/internal/api/gen/public"
)

// LocalStores reads the catalogue for people.
type LocalStores interface {
	FindLocalStores(ctx context.Context, f storelink.LocalStoreFilter) (storelink.List[storelink.LocalStore], error)
}

// Proposals says which local store each unconnected one most likely is.
type Proposals interface {
	// Proposals returns context.DeadlineExceeded while they are computed.
	Proposals(ctx context.Context, s storelink.Session, a storelink.LocalStoreAccess) ([]storelink.Proposal, time.Time, error)
}

// proposalWait is how long a request waits for what is computed.
const proposalWait = 8 * time.Second

type localStoreHandlers struct {
	stores    LocalStores
	proposals Proposals
	localIDs  LocalIDs
	cursors   cursors
}

// accessOf says which local stores the session may use: those of its connect link, where it has one.
func accessOf(s storelink.Session, localIDs LocalIDs) storelink.LocalStoreAccess {
	if s.Permission != nil {
		return storelink.LocalStoreAccess{IDs: s.Permission.LocalIDs}
	}
	return storelink.LocalStoreAccess{All: localIDs == LocalIDsOpen}
}

// ListLocalStores answers GET /api/local-stores.
func (h localStoreHandlers) ListLocalStores(ctx context.Context, r public.ListLocalStoresRequestObject) (public.ListLocalStoresResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	f := storelink.LocalStoreFilter{Access: accessOf(session, h.localIDs), Query: deref(r.Params.Q)}
	scope := []string{"listLocalStores", session.Organization.ID, f.Query, permissionOf(session)}
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.stores.FindLocalStores(ctx, f)
	if err != nil {
		return nil, err
	}
	return public.ListLocalStores200JSONResponse{
		Items: each(list.Items, localStoreShape), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: totalShape(list.Total),
	}, nil
}

func localStoreShape(l storelink.LocalStore) public.LocalStore {
	shape := public.LocalStore{
		Id: l.ID, Name: l.Name, Group: orNull(l.Group), Address: orNull(l.Address), PostalCode: orNull(l.PostalCode),
		City: orNull(l.City), State: orNull(l.State), CountryCode: orNull(l.CountryCode), Taken: l.Taken,
	}
	if l.Location != nil {
		shape.Latitude, shape.Longitude = &l.Location.Latitude, &l.Location.Longitude
	}
	return shape
}

// catalogueShape is localStoreShape for operators: the two are one schema, generated twice.
func catalogueShape(l storelink.LocalStore) operator.LocalStore {
	return operator.LocalStore(localStoreShape(l))
}

// ListProposals answers GET /api/proposals.
func (h localStoreHandlers) ListProposals(ctx context.Context, r public.ListProposalsRequestObject) (public.ListProposalsResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, proposalWait)
	defer cancel()
	found, at, err := h.proposals.Proposals(waiting, session, accessOf(session, h.localIDs))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return public.ListProposals200JSONResponse{Items: []public.Proposal{}, AsOf: dated(time.Time{})}, nil
	}
	if err != nil {
		return nil, err
	}
	brand := strings.ToLower(deref(r.Params.BrandId))
	answer := public.ListProposals200JSONResponse{Ready: true, Items: []public.Proposal{}, AsOf: dated(at)}
	for _, p := range found {
		if brand == "" || p.Store.BrandID == brand {
			answer.Items = append(answer.Items, public.Proposal{
				BrandId: p.Store.BrandID, StoreId: p.Store.StoreID, LocalStoreId: p.LocalStoreID, LocalStoreName: p.LocalName,
				Score: p.Score, Reasons: p.Reasons,
			})
		}
	}
	return answer, nil
}
