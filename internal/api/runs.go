package api

import (
	"context"
	"strings"

	"storelink"
	"storelink/internal/api/gen/public"
)

// Runs reads runs; those of another organization are ErrNotFound.
type Runs interface {
	Run(ctx context.Context, organizationID, runID string) (storelink.Run, error)
	Items(ctx context.Context, organizationID, runID string, f storelink.ItemFilter) (storelink.List[storelink.Item], error)
	// Runs returns the organization's runs, newest first.
	Runs(ctx context.Context, organizationID string, p storelink.Page) (storelink.List[storelink.Run], error)
	// Cancel ends what nobody has begun. A run that has ended is ErrRunEnded.
	Cancel(ctx context.Context, by storelink.Asker, runID string) (storelink.Run, error)
}

// itemsInRun is how many items a run shows by itself.
const itemsInRun = 500

type runHandlers struct {
	runs    Runs
	cursors cursors
}

// GetRun answers GET /api/onboard/{runId}.
func (h runHandlers) GetRun(ctx context.Context, r public.GetRunRequestObject) (public.GetRunResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	run, err := h.runs.Run(ctx, session.Organization.ID, strings.ToLower(r.RunId))
	if err != nil {
		return nil, err
	}
	answer, err := runWithItems(ctx, h.runs, run)
	if err != nil {
		return nil, err
	}
	return public.GetRun200JSONResponse(answer), nil
}

// ListRunItems answers GET /api/onboard/{runId}/items.
func (h runHandlers) ListRunItems(ctx context.Context, r public.ListRunItemsRequestObject) (public.ListRunItemsResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	runID := strings.ToLower(r.RunId)
	f := storelink.ItemFilter{Outcome: string(deref(r.Params.Outcome))}
	scope := []string{"listRunItems", session.Organization.ID, runID, f.Outcome}
	if f.Page, err = h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...); err != nil {
		return nil, err
	}
	list, err := h.runs.Items(ctx, session.Organization.ID, runID, f)
	if err != nil {
		return nil, err
	}
	return public.ListRunItems200JSONResponse{
		Items: each(list.Items, itemShape), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: totalShape(list.Total),
	}, nil
}

// ListRuns answers GET /api/onboard.
func (h runHandlers) ListRuns(ctx context.Context, r public.ListRunsRequestObject) (public.ListRunsResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	scope := []string{"listRuns", session.Organization.ID}
	page, err := h.cursors.page(r.Params.Limit, r.Params.Cursor, scope...)
	if err != nil {
		return nil, err
	}
	list, err := h.runs.Runs(ctx, session.Organization.ID, page)
	if err != nil {
		return nil, err
	}
	return public.ListRuns200JSONResponse{
		Items: each(list.Items, runSummary), NextCursor: h.cursors.write(list.Next, scope...),
		AsOf: dated(list.AsOf), Total: totalShape(list.Total),
	}, nil
}

// CancelRun answers POST /api/onboard/{runId}/cancel.
func (h runHandlers) CancelRun(ctx context.Context, r public.CancelRunRequestObject) (public.CancelRunResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := mayCancel(session); err != nil {
		return nil, err
	}
	run, err := h.runs.Cancel(ctx, asker(ctx, session), strings.ToLower(r.RunId))
	if err != nil {
		return nil, err
	}
	answer, err := runWithItems(ctx, h.runs, run)
	if err != nil {
		return nil, err
	}
	return public.CancelRun200JSONResponse(answer), nil
}

func runWithItems(ctx context.Context, runs Runs, run storelink.Run) (public.Run, error) {
	items, err := runs.Items(ctx, run.Organization.ID, run.ID, storelink.ItemFilter{Page: storelink.Page{Limit: itemsInRun}})
	if err != nil {
		return public.Run{}, err
	}
	s := runSummary(run)
	return public.Run{
		Id: s.Id, State: s.State, WaitingFor: s.WaitingFor, WaitingSince: s.WaitingSince, CreatedAt: s.CreatedAt,
		EndedAt: s.EndedAt, Actor: s.Actor, Total: s.Total, Counts: s.Counts, Items: each(items.Items, itemShape),
	}, nil
}

func runSummary(r storelink.Run) public.RunSummary {
	c := r.Counts
	return public.RunSummary{
		Id: r.ID, State: public.RunState(r.State), WaitingFor: enumOrNull[public.WaitingFor](r.WaitingFor),
		WaitingSince: inUTC(r.WaitingSince), CreatedAt: r.CreatedAt.UTC(), EndedAt: inUTC(r.EndedAt),
		Actor: r.Actor, Total: r.Total,
		Counts: public.RunCounts{
			Connected: c.Connected, Replaced: c.Replaced, Unchanged: c.Unchanged, Disconnected: c.Disconnected,
			Conflict: c.Conflict, Superseded: c.Superseded, Cancelled: c.Cancelled, Failed: c.Failed, Pending: c.Pending,
		},
	}
}

func itemShape(i storelink.Item) public.Item {
	answer := public.Item{
		BrandId: i.Store.BrandID, BrandName: i.BrandName, StoreId: i.Store.StoreID, StoreName: i.StoreName,
		LocalStoreId: i.LocalStoreID, Outcome: enumOrNull[public.Outcome](string(i.Outcome)),
		ObservedLocalStoreId: i.ObservedLocalStoreID,
	}
	if f := i.Failure; f != nil {
		answer.Error = &public.ItemError{Code: public.ItemCode(f.Code), Detail: f.Detail, Retryable: f.Retryable}
	}
	return answer
}

// enumOrNull is the value, or null where it is empty.
func enumOrNull[E ~string](s string) *E {
	if s == "" {
		return nil
	}
	e := E(s)
	return &e
}
