package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// Mappings reads the mapping table.
type Mappings interface {
	FindMappings(ctx context.Context, f storelink.MappingFilter) (storelink.List[storelink.Mapping], error)
	// ExportMappings hands every mapping that matches to each, which may not keep it.
	ExportMappings(ctx context.Context, f storelink.MappingFilter, each func(*storelink.Mapping) error) error
	FindMapping(ctx context.Context, id string) (storelink.Mapping, error)
	// LookupMapping finds by one of the two ids; the other is "".
	LookupMapping(ctx context.Context, localStoreID, storeID string) (storelink.Lookup, error)
	// MappingHistory returns the mapping's changes, oldest first.
	MappingHistory(ctx context.Context, id string, p storelink.Page) (storelink.List[storelink.MappingEvent], error)
}

type mappingHandlers struct {
	mappings Mappings
	cursors  cursors
	exports  chan struct{} // holds one for each export under way
}

// ListMappings answers GET /admin/mappings.
func (h mappingHandlers) ListMappings(ctx context.Context, r operator.ListMappingsRequestObject) (operator.ListMappingsResponseObject, error) {
	f, err := mappingFilter(r.Params)
	if err != nil {
		return nil, err
	}
	if v := visitOf(ctx); wantsExport(v) {
		if err := refusePaging(v.query); err != nil {
			return nil, err
		}
		return &mappingExport{ctx: ctx, mappings: h.mappings, exports: h.exports, filter: f}, nil
	}
	scope := mappingScope(f)
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.mappings.FindMappings(ctx, f)
	if err != nil {
		return nil, err
	}
	return listedMappings{
		Items: each(list.Items, mappingShape), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

// GetMapping answers GET /admin/mappings/{mappingId}.
func (h mappingHandlers) GetMapping(ctx context.Context, r operator.GetMappingRequestObject) (operator.GetMappingResponseObject, error) {
	m, err := h.mappings.FindMapping(ctx, strings.ToLower(r.MappingId))
	if err != nil {
		return nil, err
	}
	return operator.GetMapping200JSONResponse(mappingShape(m)), nil
}

// LookUpMapping answers GET /admin/mappings/lookup.
func (h mappingHandlers) LookUpMapping(ctx context.Context, r operator.LookUpMappingRequestObject) (operator.LookUpMappingResponseObject, error) {
	local, remote := r.Params.LocalStoreId, r.Params.RemoteStoreId
	if (local == nil) == (remote == nil) {
		return nil, invalid(
			storelink.FieldError{Pointer: "localStoreId", Detail: "must be given, or remoteStoreId, and not both"},
			storelink.FieldError{Pointer: "remoteStoreId", Detail: "must be given, or localStoreId, and not both"},
		)
	}
	found, err := h.mappings.LookupMapping(ctx, deref(local), strings.ToLower(deref(remote)))
	if err != nil {
		return nil, err
	}
	if found.Mapping == nil {
		return nil, unknownMappingError{
			cause:      storelink.Errorf(storelink.ErrNotFound, "No mapping has this id."),
			knownStore: found.KnownStore,
		}
	}
	return operator.LookUpMapping200JSONResponse(mappingShape(*found.Mapping)), nil
}

// ListMappingHistory answers GET /admin/mappings/{mappingId}/history.
func (h mappingHandlers) ListMappingHistory(ctx context.Context, r operator.ListMappingHistoryRequestObject) (operator.ListMappingHistoryResponseObject, error) {
	id := strings.ToLower(r.MappingId)
	scope := []string{"listMappingHistory", id}
	page, err := h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...)
	if err != nil {
		return nil, err
	}
	list, err := h.mappings.MappingHistory(ctx, id, page)
	if err != nil {
		return nil, err
	}
	return operator.ListMappingHistory200JSONResponse{
		Items: each(list.Items, eventShape), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

func mappingShape(m storelink.Mapping) operator.Mapping {
	return operator.Mapping{
		Id:                   m.ID,
		OrganizationId:       m.Organization.ID,
		OrganizationName:     m.Organization.Name,
		BrandId:              m.Store.BrandID,
		BrandName:            m.BrandName,
		StoreId:              m.Store.StoreID,
		StoreName:            m.StoreName,
		Managed:              m.Managed,
		DesiredLocalStoreId:  m.DesiredLocalStoreID,
		AskedLocalStoreId:    m.AskedLocalStoreID,
		ObservedLocalStoreId: m.ObservedLocalStoreID,
		PreviousLocalStoreId: m.PreviousLocalStoreID,
		RestoreLocalStoreId:  m.RestoreLocalStoreID,
		State:                operator.MappingState(m.State),
		Code:                 enumOrNull[operator.ItemCode](string(m.Code)),
		Dark:                 m.Dark,
		WaitingFor:           enumOrNull[operator.WaitingFor](m.WaitingFor),
		WaitingSince:         inUTC(m.WaitingSince),
		Attempts:             m.Attempts,
		NextTryAt:            inUTC(m.NextTryAt),
		UpstreamMessage:      orNull(m.UpstreamMessage),
		LeasedUntil:          inUTC(m.LeasedUntil),
		Generation:           m.Generation,
		SettledGeneration:    m.SettledGeneration,
		ObservedAt:           inUTC(m.ObservedAt),
		CreatedAt:            m.CreatedAt.UTC(),
		UpdatedAt:            m.UpdatedAt.UTC(),
	}
}

func eventShape(e storelink.MappingEvent) operator.MappingEvent {
	return operator.MappingEvent{
		Id: e.ID, At: e.At.UTC(), Actor: e.Actor, Kind: operator.MappingEventKind(e.Kind),
		From: e.From, To: e.To, Why: e.Why, RequestId: e.RequestID, RunId: e.RunID,
	}
}

func operatorTotal(t *storelink.Total) *operator.Total {
	if t == nil {
		return nil
	}
	return &operator.Total{Value: int64(t.Value), Exact: t.Exact}
}
