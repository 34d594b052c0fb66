package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// Grants lists and forgets consents.
type Grants interface {
	// FindGrants returns grants, oldest first, without their tokens.
	FindGrants(ctx context.Context, f storelink.GrantFilter) (storelink.List[storelink.GrantRecord], error)
	// ForgetGrant ends the grant's sessions with it; ErrNotFound where there is none.
	ForgetGrant(ctx context.Context, id string) error
}

type grantHandlers struct {
	grants  Grants
	cursors cursors
}

// ListGrants answers GET /admin/grants.
func (h grantHandlers) ListGrants(ctx context.Context, r operator.ListGrantsRequestObject) (operator.ListGrantsResponseObject, error) {
	f := storelink.GrantFilter{
		OrganizationID: strings.ToLower(deref(r.Params.OrganizationId)), State: storelink.GrantState(deref(r.Params.State)),
	}
	scope := []string{"listGrants", f.OrganizationID, string(f.State)}
	var err error
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.grants.FindGrants(ctx, f)
	if err != nil {
		return nil, err
	}
	return operator.ListGrants200JSONResponse{
		Items: each(list.Items, grantShape), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

// ForgetGrant answers DELETE /admin/grants/{grantId}.
func (h grantHandlers) ForgetGrant(ctx context.Context, r operator.ForgetGrantRequestObject) (operator.ForgetGrantResponseObject, error) {
	if err := h.grants.ForgetGrant(ctx, strings.ToLower(r.GrantId)); err != nil {
		return nil, err
	}
	return operator.ForgetGrant204Response{}, nil
}

func grantShape(g storelink.GrantRecord) operator.Grant {
	return operator.Grant{
		Id: g.ID, OrganizationId: g.Organization.ID, OrganizationName: g.Organization.Name,
		State: operator.GrantState(g.State), Reason: orNull(g.Reason), Scopes: g.Scopes, ExpiresAt: g.ExpiresAt.UTC(),
		Refreshable: g.Refreshable, RefreshedAt: inUTC(g.RefreshedAt), Sessions: g.Sessions, CreatedAt: g.CreatedAt.UTC(),
	}
}
