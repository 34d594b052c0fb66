package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// BulkActs are what operators do to all mappings that match a filter.
type BulkActs interface {
	CountMappings(ctx context.Context, f storelink.MappingFilter) (int, error)
	// ActOnMany returns the id of the run; ErrCountChanged where not as many match as expected.
	ActOnMany(ctx context.Context, act storelink.BulkAct) (runID string, err error)
}

type bulkHandlers struct {
	acts BulkActs
	runs Runs
}

// ActOnMappings answers POST /admin/mappings/actions.
func (h bulkHandlers) ActOnMappings(ctx context.Context, r operator.ActOnMappingsRequestObject) (operator.ActOnMappingsResponseObject, error) {
	filter, err := bulkFilter(r.Body.Filter)
	if err != nil {
		return nil, err
	}
	if deref(r.Body.Preview) {
		count, err := h.acts.CountMappings(ctx, filter)
		return operator.ActOnMappings200JSONResponse{Count: count}, err
	}
	if places := missingOf(r.Body); len(places) > 0 {
		return nil, invalid(places...)
	}
	v := visitOf(ctx)
	runID, err := h.acts.ActOnMany(ctx, storelink.BulkAct{
		Action: storelink.BulkAction(r.Body.Action), Filter: filter, ExpectCount: deref(r.Body.ExpectCount),
		Reason: strings.TrimSpace(deref(r.Body.Reason)), Actor: v.actor, RequestID: v.id,
	})
	if err != nil {
		return nil, err
	}
	run, err := h.runs.Run(ctx, "", runID)
	if err != nil {
		return nil, err
	}
	answer, err := adminRun(ctx, h.runs, run)
	location := "/admin/runs/" + runID
	return operator.ActOnMappings202JSONResponse{
		Body: answer, Headers: operator.ActOnMappings202ResponseHeaders{Location: &location},
	}, err
}

// missingOf names what only a preview goes without.
func missingOf(body *operator.MappingAction) []storelink.FieldError {
	var places []storelink.FieldError
	if body.ExpectCount == nil {
		places = append(places, storelink.FieldError{Pointer: "/expectCount", Detail: "is missing"})
	}
	if body.Reason == nil {
		places = append(places, storelink.FieldError{Pointer: "/reason", Detail: "is missing"})
	}
	return places
}

// bulkFilter reads the filter as that of the list is read.
func bulkFilter(f operator.MappingFilter) (storelink.MappingFilter, error) {
	filter, err := mappingFilter(operator.ListMappingsParams{
		LocalStoreId: f.LocalStoreId, DesiredLocalStoreId: f.DesiredLocalStoreId, ObservedLocalStoreId: f.ObservedLocalStoreId,
		RemoteStoreId: f.RemoteStoreId, OrganizationId: f.OrganizationId, BrandId: f.BrandId, State: f.State, Code: f.Code,
		Dark: f.Dark, StaleSince: f.StaleSince, Q: f.Q,
	})
	if err != nil {
		return filter, invalid(storelink.FieldError{Pointer: "/filter/staleSince", Detail: "must be a time such as 2026-01-31T10:00:00Z (RFC 3339)"})
	}
	return filter, nil
}
