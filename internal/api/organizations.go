package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// Organizations lists organizations by name, and sets what holds for one.
type Organizations interface {
	FindOrganizations(ctx context.Context, f storelink.OrganizationFilter) (storelink.List[storelink.OrganizationHealth], error)
	// SetDriftPolicy takes "" for the deployment's policy; ErrNotFound where there is no such organization.
	SetDriftPolicy(ctx context.Context, organizationID string, policy storelink.DriftPolicy) error
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

// ChangeOrganization answers PATCH /admin/organizations/{organizationId}.
func (h organizationHandlers) ChangeOrganization(ctx context.Context, r operator.ChangeOrganizationRequestObject) (operator.ChangeOrganizationResponseObject, error) {
	policy := storelink.DriftPolicy(deref(r.Body.DriftPolicy))
	if err := h.organizations.SetDriftPolicy(ctx, strings.ToLower(r.OrganizationId), policy); err != nil {
		return nil, err
	}
	return operator.ChangeOrganization204Response{}, nil
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
		DriftPolicy: enumOrNull[operator.DriftPolicy](string(o.DriftPolicy)),
		Mappings: operator.MappingCounts{
			Pending: n[storelink.StatePending], Waiting: n[storelink.StateWaiting], Connected: n[storelink.StateConnected],
			Disconnected: n[storelink.StateDisconnected], Conflict: n[storelink.StateConflict], Failed: n[storelink.StateFailed],
			Drifted: n[storelink.StateDrifted], Unmanaged: n[storelink.StateUnmanaged],
		},
	}
}
