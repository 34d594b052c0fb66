package api

import (
	"context"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// Organizations lists organizations by name.
type Organizations interface {
	FindOrganizations(ctx context.Context, f storelink.OrganizationFilter) (storelink.List[storelink.OrganizationHealth], error)
}

type organizationHandlers struct {
	organizations Organizations
	cursors       cursors
}

// ListOrganizations answers GET /admin/organizations.
func (h organizationHandlers) ListOrganizations(ctx context.Context, r operator.ListOrganizationsRequestObject) (operator.ListOrganizationsResponseObject, error) {
	f := storelink.OrganizationFilter{Query: deref(r.Params.Q)}
	scope := []string{"listOrganizations", f.Query}
	var err error
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.organizations.FindOrganizations(ctx, f)
	if err != nil {
		return nil, err
	}
	return operator.ListOrganizations200JSONResponse{
		Items: each(list.Items, organizationHealth), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

func organizationHealth(o storelink.OrganizationHealth) operator.OrganizationHealth {
	n := o.Mappings
	health := operator.GrantHealth{State: operator.GrantHealthStateActive, Active: o.Grants.Active, Ended: o.Grants.Ended, ExpiresAt: inUTC(o.Grants.ExpiresAt)}
	switch {
	case o.Grants.Active > 0:
	case o.Grants.Ended > 0:
		health.State = operator.GrantHealthStateReauthorizationRequired
	default:
		health.State = operator.GrantHealthStateNone
	}
	return operator.OrganizationHealth{
		Id: o.ID, Name: o.Name, CreatedAt: o.CreatedAt.UTC(), Grants: health,
		Mappings: operator.MappingCounts{
			Pending: n[storelink.StatePending], Waiting: n[storelink.StateWaiting], Connected: n[storelink.StateConnected],
			Disconnected: n[storelink.StateDisconnected], Conflict: n[storelink.StateConflict], Failed: n[storelink.StateFailed],
			Drifted: n[storelink.StateDrifted], Unmanaged: n[storelink.StateUnmanaged],
		},
	}
}
