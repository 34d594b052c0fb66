package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"storelink"
	"storelink/internal/api/gen/public"
)

// Starter accepts runs and previews them.
type Starter interface {
	// Start accepts all asks or none. Repeated is true where the key belongs to an earlier run, which is returned then.
	Start(ctx context.Context, by storelink.Asker, asks []storelink.Ask, key *storelink.IdempotencyKey) (run storelink.Run, repeated bool, err error)
	// Wait returns once the run is done or d is over.
	Wait(ctx context.Context, organizationID, runID string, d time.Duration) (storelink.Run, error)
	// Preview looks at each store and changes nothing.
	Preview(ctx context.Context, s storelink.Session, asks []storelink.Ask) ([]storelink.Preview, error)
}

type onboardHandlers struct {
	starter  Starter
	runs     Runs
	localIDs LocalIDs
}

// StartRun answers POST /api/onboard.
func (h onboardHandlers) StartRun(ctx context.Context, r public.StartRunRequestObject) (public.StartRunResponseObject, error) {
	session, asks, err := h.asks(ctx, r.Body.Items)
	if err != nil {
		return nil, err
	}
	key, err := h.idempotencyKey(r.Params.IdempotencyKey, session, asks)
	if err != nil {
		return nil, err
	}
	preferred := parsePrefer(deref(r.Params.Prefer))
	run, err := h.finish(ctx, session, asks, key, preferred)
	if err != nil {
		return nil, err
	}
	location := "/api/onboard/" + run.Id
	if run.State == public.RunStateDone {
		return public.StartRun200JSONResponse{Body: run, Headers: public.StartRun200ResponseHeaders{
			Location: &location, PreferenceApplied: orNull(preferred.applied),
		}}, nil
	}
	return public.StartRun202JSONResponse{Body: run, Headers: public.StartRun202ResponseHeaders{
		Location: &location, PreferenceApplied: orNull(preferred.applied),
	}}, nil
}

// PreviewRun answers POST /api/onboard/preview.
func (h onboardHandlers) PreviewRun(ctx context.Context, r public.PreviewRunRequestObject) (public.PreviewRunResponseObject, error) {
	session, asks, err := h.asks(ctx, r.Body.Items)
	if err != nil {
		return nil, err
	}
	previews, err := h.starter.Preview(ctx, session, asks)
	if err != nil {
		return nil, err
	}
	return public.PreviewRun200JSONResponse{Items: each(previews, previewShape)}, nil
}

// DisconnectStore answers DELETE /api/brands/{brandId}/stores/{storeId}/connection.
func (h onboardHandlers) DisconnectStore(ctx context.Context, r public.DisconnectStoreRequestObject) (public.DisconnectStoreResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := mayConnect(session, h.localIDs); err != nil {
		return nil, err
	}
	ask := storelink.Ask{Store: storeRef(r.BrandId, r.StoreId), ReplacesAny: r.Params.IfMatch == nil}
	if r.Params.IfMatch != nil {
		tag := *r.Params.IfMatch
		ask.Replaces = tag[1 : len(tag)-1]
	}
	preferred := parsePrefer(deref(r.Params.Prefer))
	run, err := h.finish(ctx, session, []storelink.Ask{ask}, nil, preferred)
	if err != nil {
		return nil, err
	}
	if run.State == public.RunStateDone && len(run.Items) == 1 {
		return disconnected(run.Items[0])
	}
	location := "/api/onboard/" + run.Id
	return public.DisconnectStore202JSONResponse{Body: run, Headers: public.DisconnectStore202ResponseHeaders{
		Location: &location, PreferenceApplied: orNull(preferred.applied),
	}}, nil
}

// finish starts a run and waits for its end as long as the client prefers.
func (h onboardHandlers) finish(ctx context.Context, s storelink.Session, asks []storelink.Ask, key *storelink.IdempotencyKey, p preference) (public.Run, error) {
	by := asker(ctx, s)
	by.NeedsPermission = h.localIDs != LocalIDsOpen
	run, _, err := h.starter.Start(ctx, by, asks, key)
	if err != nil {
		return public.Run{}, err
	}
	if p.wait > 0 && run.State != storelink.RunDone {
		if run, err = h.starter.Wait(ctx, s.Organization.ID, run.ID, p.wait); err != nil {
			return public.Run{}, err
		}
	}
	return runWithItems(ctx, h.runs, run)
}

// asker is the session's user, as history names them.
func asker(ctx context.Context, s storelink.Session) storelink.Asker {
	return storelink.Asker{
		OrganizationID: s.Organization.ID, SessionID: s.ID, Actor: "user", RequestID: visitOf(ctx).id,
	}
}

// asks checks what a schema cannot: permission, and that no store and no local store id comes twice.
func (h onboardHandlers) asks(ctx context.Context, items []public.OnboardItem) (storelink.Session, []storelink.Ask, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return storelink.Session{}, nil, err
	}
	if err := mayConnect(session, h.localIDs); err != nil {
		return storelink.Session{}, nil, err
	}
	asks := make([]storelink.Ask, len(items))
	stores, ids := map[string]int{}, map[string]int{}
	var places []storelink.FieldError
	for i, item := range items {
		asks[i] = storelink.Ask{
			Store: storeRef(item.BrandId, item.StoreId), LocalStoreID: item.LocalStoreId, Replaces: deref(item.Replaces),
		}
		places = append(places, repeated(stores, asks[i].Store.StoreID, i, "storeId")...)
		places = append(places, repeated(ids, item.LocalStoreId, i, "localStoreId")...)
	}
	if len(places) > 0 {
		return storelink.Session{}, nil, invalid(places[:min(len(places), maxPlaces)]...)
	}
	if err := checkAllowed(session.Permission, asks); err != nil {
		return storelink.Session{}, nil, err
	}
	return session, asks, nil
}

func repeated(seen map[string]int, value string, i int, field string) []storelink.FieldError {
	first, again := seen[value]
	if !again {
		seen[value] = i
		return nil
	}
	return []storelink.FieldError{{
		Pointer: fmt.Sprintf("/items/%d/%s", i, field),
		Detail:  fmt.Sprintf("is the same as /items/%d/%s", first, field),
	}}
}

// idempotencyKey binds the client's key to the route, to the request in canonical form and to what the session may do;
// the organization is bound where the key is kept.
func (h onboardHandlers) idempotencyKey(given *string, s storelink.Session, asks []storelink.Ask) (*storelink.IdempotencyKey, error) {
	if given == nil {
		return nil, nil
	}
	body, err := json.Marshal(asks)
	if err != nil {
		return nil, fmt.Errorf("fingerprint request: %w", err)
	}
	permission := fmt.Sprintf("%s %t", h.localIDs, s.Grant.Allows(storelink.ScopeConnect))
	if s.Permission != nil {
		ids, err := json.Marshal(s.Permission.LocalIDs)
		if err != nil {
			return nil, fmt.Errorf("fingerprint permission: %w", err)
		}
		permission += " " + string(ids)
	}
	text := strings.Join([]string{"POST /api/onboard", permission, string(body)}, "\n")
	return &storelink.IdempotencyKey{Key: *given, Fingerprint: sha256.Sum256([]byte(text))}, nil
}

// failureCodes says as which problem an item's failure is answered where one item is the whole request.
var failureCodes = map[public.ItemCode]storelink.ErrorCode{
	public.ItemCodeStoreNotFound:           storelink.ErrNotFound,
	public.ItemCodeLocalStoreIdTaken:       storelink.ErrLocalStoreIDTaken,
	public.ItemCodeScopeMissing:            storelink.ErrScopeMissing,
	public.ItemCodeAccessDenied:            storelink.ErrForbidden,
	public.ItemCodeReauthorizationRequired: storelink.ErrReauthorizationRequired,
	public.ItemCodeUpstreamUnavailable:     storelink.ErrUpstreamUnavailable,
	public.ItemCodeLocalStoreIdRefused:     storelink.ErrConflict,
	public.ItemCodeRestoreFailed:           storelink.ErrConflict,
}

func disconnected(item public.Item) (public.DisconnectStoreResponseObject, error) {
	switch outcome := deref(item.Outcome); outcome {
	case public.OutcomeDisconnected, public.OutcomeUnchanged:
		return public.DisconnectStore204Response{}, nil
	case public.OutcomeConflict:
		return nil, storelink.Errorf(storelink.ErrConflict, "The store is connected to another id now: %s.", deref(item.ObservedLocalStoreId))
	case public.OutcomeFailed:
		if item.Error != nil {
			return nil, storelink.Errorf(failureCodes[item.Error.Code], "%s", item.Error.Detail)
		}
	}
	return nil, storelink.Errorf(storelink.ErrConflict, "A newer change of this store took over.")
}

func previewShape(p storelink.Preview) public.PreviewItem {
	return public.PreviewItem{
		BrandId: p.Ask.Store.BrandID, StoreId: p.Ask.Store.StoreID, LocalStoreId: p.Ask.LocalStoreID,
		Step: public.PreviewStep(p.Step), ObservedLocalStoreId: p.ObservedLocalStoreID,
	}
}
