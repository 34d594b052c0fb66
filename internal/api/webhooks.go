package api

import (
	"context"
	"fmt"
	"io"

	"storelink"
	"storelink/internal/api/gen/operator"
	"storelink/internal/api/gen/public"
)

// Webhooks takes upstream's webhooks.
type Webhooks interface {
	// Receive takes one delivery: the raw body with its signature. Errors: ErrNotFound, ErrNotSignedIn, ErrInvalid.
	Receive(ctx context.Context, body []byte, signature string) error
}

// Unmatched lists the webhooks that fitted no mapping.
type Unmatched interface {
	FindUnmatchedWebhooks(ctx context.Context, p storelink.Page) (storelink.List[storelink.UnmatchedWebhook], error)
}

type webhookHandlers struct{ webhooks Webhooks }

// ReceiveWebhook answers POST /webhooks/otter.
func (h webhookHandlers) ReceiveWebhook(ctx context.Context, r public.ReceiveWebhookRequestObject) (public.ReceiveWebhookResponseObject, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("read webhook: %w", err)
		}
	}
	if err := h.webhooks.Receive(ctx, body, deref(r.Params.XHMACSHA256)); err != nil {
		return nil, err
	}
	return public.ReceiveWebhook200Response{}, nil
}

type unmatchedHandlers struct {
	unmatched Unmatched
	cursors   cursors
}

// ListUnmatchedWebhooks answers GET /admin/webhooks/unmatched.
func (h unmatchedHandlers) ListUnmatchedWebhooks(ctx context.Context, r operator.ListUnmatchedWebhooksRequestObject) (operator.ListUnmatchedWebhooksResponseObject, error) {
	const scope = "listUnmatchedWebhooks"
	page, err := h.cursors.page(r.Params.Limit, r.Params.Cursor, scope)
	if err != nil {
		return nil, err
	}
	list, err := h.unmatched.FindUnmatchedWebhooks(ctx, page)
	if err != nil {
		return nil, err
	}
	return operator.ListUnmatchedWebhooks200JSONResponse{
		Items: each(list.Items, unmatchedWebhook), NextCursor: h.cursors.write(list.Next, scope),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

func unmatchedWebhook(w storelink.UnmatchedWebhook) operator.UnmatchedWebhook {
	return operator.UnmatchedWebhook{
		EventId: w.EventID, Type: string(w.Type), EventTime: inUTC(w.EventTime), ReceivedAt: w.ReceivedAt.UTC(),
		LocalStoreId: orNull(w.LocalStoreID), RemoteStoreId: orNull(w.RemoteStoreID),
	}
}
