package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// Acts are what operators do to one mapping. An unknown one is ErrNotFound, one that is being changed ErrConflict.
type Acts interface {
	// Reconcile makes the mapping due now, for a pass that repairs.
	Reconcile(ctx context.Context, act storelink.Act) (storelink.Mapping, error)
	// Adopt makes what was observed last the desired; ErrLocalStoreIDTaken where another mapping has it.
	Adopt(ctx context.Context, act storelink.Act) (storelink.Mapping, error)
}

type actHandlers struct {
	acts     Acts
	mappings Mappings
	starter  Starter
	runs     Runs
}

// ReconcileMapping answers POST /admin/mappings/{mappingId}/reconcile.
func (h actHandlers) ReconcileMapping(ctx context.Context, r operator.ReconcileMappingRequestObject) (operator.ReconcileMappingResponseObject, error) {
	m, err := h.acts.Reconcile(ctx, actOf(ctx, r.MappingId, r.Body))
	if err != nil {
		return nil, err
	}
	return operator.ReconcileMapping200JSONResponse(mappingShape(m)), nil
}

// AdoptMapping answers POST /admin/mappings/{mappingId}/adopt.
func (h actHandlers) AdoptMapping(ctx context.Context, r operator.AdoptMappingRequestObject) (operator.AdoptMappingResponseObject, error) {
	m, err := h.acts.Adopt(ctx, actOf(ctx, r.MappingId, r.Body))
	if err != nil {
		return nil, err
	}
	return operator.AdoptMapping200JSONResponse(mappingShape(m)), nil
}

// DisconnectMapping answers POST /admin/mappings/{mappingId}/disconnect.
func (h actHandlers) DisconnectMapping(ctx context.Context, r operator.DisconnectMappingRequestObject) (operator.DisconnectMappingResponseObject, error) {
	act := actOf(ctx, r.MappingId, r.Body)
	m, err := h.mappings.FindMapping(ctx, act.MappingID)
	if err != nil {
		return nil, err
	}
	by := storelink.Asker{OrganizationID: m.Organization.ID, Actor: act.Actor, RequestID: act.RequestID, Reason: act.Reason}
	ask := storelink.Ask{Store: m.Store, Replaces: act.ExpectObserved, ReplacesAny: act.ExpectObserved == ""}
	run, _, err := h.starter.Start(ctx, by, []storelink.Ask{ask}, nil)
	if err != nil {
		return nil, err
	}
	answer, err := adminRun(ctx, h.runs, run)
	if err != nil {
		return nil, err
	}
	location := "/admin/runs/" + run.ID
	return operator.DisconnectMapping202JSONResponse{
		Body: answer, Headers: operator.DisconnectMapping202ResponseHeaders{Location: &location},
	}, nil
}

func actOf(ctx context.Context, mappingID string, body *operator.MappingAct) storelink.Act {
	v := visitOf(ctx)
	return storelink.Act{
		MappingID: strings.ToLower(mappingID), ExpectObserved: deref(body.ExpectObserved), Reason: strings.TrimSpace(body.Reason),
		Actor: v.actor, RequestID: v.id,
	}
}
