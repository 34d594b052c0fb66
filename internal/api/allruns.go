package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// AllRuns lists runs of all organizations, newest first.
type AllRuns interface {
	AllRuns(ctx context.Context, f storelink.RunFilter) (storelink.List[storelink.Run], error)
}

// operators is whom the streams of the internal listener count among: no organization has this id.
const operators = "operators"

type allRunHandlers struct {
	all      AllRuns
	runs     Runs
	followed Followed
	sessions AdminSessions
	streams  *streams
	cursors  cursors
}

// ListAllRuns answers GET /admin/runs.
func (h allRunHandlers) ListAllRuns(ctx context.Context, r operator.ListAllRunsRequestObject) (operator.ListAllRunsResponseObject, error) {
	f := storelink.RunFilter{
		OrganizationID: strings.ToLower(deref(r.Params.OrganizationId)), State: storelink.RunState(deref(r.Params.State)),
	}
	scope := []string{"listAllRuns", f.OrganizationID, string(f.State)}
	var err error
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.all.AllRuns(ctx, f)
	if err != nil {
		return nil, err
	}
	return operator.ListAllRuns200JSONResponse{
		Items: each(list.Items, adminRunSummary), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

// GetAnyRun answers GET /admin/runs/{runId}.
func (h allRunHandlers) GetAnyRun(ctx context.Context, r operator.GetAnyRunRequestObject) (operator.GetAnyRunResponseObject, error) {
	run, err := h.runs.Run(ctx, "", strings.ToLower(r.RunId))
	if err != nil {
		return nil, err
	}
	answer, err := adminRun(ctx, h.runs, run)
	if err != nil {
		return nil, err
	}
	return operator.GetAnyRun200JSONResponse(answer), nil
}

// ListAnyRunItems answers GET /admin/runs/{runId}/items.
func (h allRunHandlers) ListAnyRunItems(ctx context.Context, r operator.ListAnyRunItemsRequestObject) (operator.ListAnyRunItemsResponseObject, error) {
	runID := strings.ToLower(r.RunId)
	f := storelink.ItemFilter{Outcome: string(deref(r.Params.Outcome))}
	scope := []string{"listAnyRunItems", runID, f.Outcome}
	var err error
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.runs.Items(ctx, "", runID, f)
	if err != nil {
		return nil, err
	}
	return operator.ListAnyRunItems200JSONResponse{
		Items: each(list.Items, adminItem), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

// CancelAnyRun answers POST /admin/runs/{runId}/cancel.
func (h allRunHandlers) CancelAnyRun(ctx context.Context, r operator.CancelAnyRunRequestObject) (operator.CancelAnyRunResponseObject, error) {
	run, err := h.runs.Run(ctx, "", strings.ToLower(r.RunId))
	if err != nil {
		return nil, err
	}
	v := visitOf(ctx)
	run, err = h.runs.Cancel(ctx, storelink.Asker{OrganizationID: run.Organization.ID, Actor: v.actor, RequestID: v.id}, run.ID)
	if err != nil {
		return nil, err
	}
	answer, err := adminRun(ctx, h.runs, run)
	if err != nil {
		return nil, err
	}
	return operator.CancelAnyRun200JSONResponse(answer), nil
}

// FollowAnyRun answers GET /admin/runs/{runId}/events. A token does not end while the process that knows it lives, but a
// browser's session does.
func (h allRunHandlers) FollowAnyRun(ctx context.Context, r operator.FollowAnyRunRequestObject) (operator.FollowAnyRunResponseObject, error) {
	since, err := parseEventID(r.Params.LastEventID)
	if err != nil {
		return nil, err
	}
	shown, over, err := followAfter(ctx, h.followed, "", r.RunId, since)
	switch {
	case err != nil:
		return nil, err
	case over:
		return operator.FollowAnyRun204Response{}, nil
	}
	return &runStream{
		ctx: ctx, followed: h.followed, streams: h.streams, viewer: operators,
		alive: h.alive(visitOf(ctx).operator),
		shape: func(run storelink.Run) any { return adminRunSummary(run) },
		shown: shown,
	}, nil
}

func (h allRunHandlers) alive(session *storelink.AdminSession) func(context.Context) error {
	if session == nil {
		return func(context.Context) error { return nil }
	}
	return func(ctx context.Context) error { return h.sessions.AdminSessionAlive(ctx, session.ID) }
}

func adminRun(ctx context.Context, runs Runs, run storelink.Run) (operator.AdminRun, error) {
	items, err := runs.Items(ctx, run.Organization.ID, run.ID, storelink.ItemFilter{Page: storelink.Page{Limit: itemsInRun}})
	if err != nil {
		return operator.AdminRun{}, err
	}
	s := adminRunSummary(run)
	return operator.AdminRun{
		Id: s.Id, OrganizationId: s.OrganizationId, OrganizationName: s.OrganizationName, State: s.State,
		WaitingFor: s.WaitingFor, WaitingSince: s.WaitingSince, CreatedAt: s.CreatedAt, EndedAt: s.EndedAt,
		Actor: s.Actor, Total: s.Total, Counts: s.Counts, Items: each(items.Items, adminItem),
	}, nil
}

func adminRunSummary(r storelink.Run) operator.AdminRunSummary {
	s := runSummary(r)
	return operator.AdminRunSummary{
		Id: s.Id, OrganizationId: orNull(r.Organization.ID), OrganizationName: orNull(r.Organization.Name),
		State: operator.RunState(s.State), WaitingFor: enumOrNull[operator.WaitingFor](r.WaitingFor), WaitingSince: s.WaitingSince,
		CreatedAt: s.CreatedAt, EndedAt: s.EndedAt, Actor: s.Actor, Total: s.Total, Counts: operator.RunCounts(s.Counts),
	}
}

func adminItem(i storelink.Item) operator.Item {
	answer := operator.Item{
		BrandId: i.Store.BrandID, BrandName: i.BrandName, StoreId: i.Store.StoreID, StoreName: i.StoreName,
		LocalStoreId: i.LocalStoreID, Outcome: enumOrNull[operator.Outcome](string(i.Outcome)),
		ObservedLocalStoreId: i.ObservedLocalStoreID,
	}
	if f := i.Failure; f != nil {
		answer.Error = &operator.ItemError{Code: operator.ItemCode(f.Code), Detail: f.Detail, Retryable: f.Retryable}
	}
	return answer
}
