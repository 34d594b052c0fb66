package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
	"storelink/internal/api/gen/operator"
	"storelink/internal/api/gen/public"
	"storelink/internal/auth"
)

// ConnectLinks makes and redeems one-time links.
type ConnectLinks interface {
	// MintConnectSession returns ErrInvalid for an address that may not be returned to.
	MintConnectSession(ctx context.Context, c storelink.ConnectSession, ttl time.Duration) (made storelink.ConnectSession, secret string, err error)
	// RedeemConnectSession returns ErrLinkUsed where the link opens nothing.
	RedeemConnectSession(ctx context.Context, secret, sessionCookie string) (auth.Redeemed, error)
}

// ConnectSessions lists and revokes connect sessions.
type ConnectSessions interface {
	FindConnectSessions(ctx context.Context, p storelink.Page) (storelink.List[storelink.ConnectSession], error)
	RevokeConnectSession(ctx context.Context, id string) error
}

type connectHandlers struct{ links ConnectLinks }

// RedeemConnectLink answers POST /auth/connect.
func (h connectHandlers) RedeemConnectLink(ctx context.Context, r public.RedeemConnectLinkRequestObject) (public.RedeemConnectLinkResponseObject, error) {
	redeemed, err := h.links.RedeemConnectSession(ctx, r.Body.Secret, visitOf(ctx).session)
	if err != nil {
		return nil, err
	}
	return redeemedLink{holder: redeemed.HolderSecret, body: public.ConnectPermission{
		LocalStoreIds: redeemed.LocalIDs, OrganizationId: orNull(redeemed.OrganizationID),
		ReturnTo: redeemed.ReturnTo, Bound: redeemed.Bound,
	}}, nil
}

// redeemedLink is the answer that sets the cookie.
type redeemedLink struct {
	holder string
	body   public.ConnectPermission
}

// VisitRedeemConnectLinkResponse writes what the link allows, with its cookie.
func (l redeemedLink) VisitRedeemConnectLinkResponse(w http.ResponseWriter) error {
	if l.holder != "" {
		http.SetCookie(w, newCookie(connectCookie, l.holder, http.SameSiteStrictMode, storelink.ConnectPatience))
	}
	w.Header().Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	w.WriteHeader(http.StatusOK)
	return json.NewEncoder(w).Encode(l.body)
}

type connectSessionHandlers struct {
	links   ConnectLinks
	kept    ConnectSessions
	public  *url.URL
	cursors cursors
}

// MintConnectSession answers POST /admin/connect-sessions.
func (h connectSessionHandlers) MintConnectSession(ctx context.Context, r operator.MintConnectSessionRequestObject) (operator.MintConnectSessionResponseObject, error) {
	ttl := storelink.MaxConnectTTL
	if r.Body.Ttl != nil {
		ttl = time.Duration(*r.Body.Ttl) * time.Second
	}
	if (r.Body.Group == nil) == (r.Body.LocalStoreIds == nil) {
		return nil, invalid(storelink.FieldError{Pointer: "/localStoreIds", Detail: "must be given, or else group: one of the two"})
	}
	made, secret, err := h.links.MintConnectSession(ctx, storelink.ConnectSession{
		MintedBy: visitOf(ctx).actor, Group: deref(r.Body.Group), LocalIDs: deref(r.Body.LocalStoreIds),
		OrganizationID: strings.ToLower(deref(r.Body.OrganizationId)), ReturnTo: r.Body.ReturnTo,
	}, ttl)
	if err != nil {
		return nil, err
	}
	link := *h.public
	link.Path, link.Fragment = "/connect", secret
	return operator.MintConnectSession201JSONResponse{Id: made.ID, Link: link.String(), ExpiresAt: made.ExpiresAt.UTC()}, nil
}

// ListConnectSessions answers GET /admin/connect-sessions.
func (h connectSessionHandlers) ListConnectSessions(ctx context.Context, r operator.ListConnectSessionsRequestObject) (operator.ListConnectSessionsResponseObject, error) {
	const scope = "listConnectSessions"
	page, err := h.cursors.page(r.Params.Limit, r.Params.Cursor, scope)
	if err != nil {
		return nil, err
	}
	list, err := h.kept.FindConnectSessions(ctx, page)
	if err != nil {
		return nil, err
	}
	return operator.ListConnectSessions200JSONResponse{
		Items: each(list.Items, connectSession), NextCursor: h.cursors.write(list.Next, scope),
		AsOf: dated(list.AsOf), Total: operatorTotal(list.Total),
	}, nil
}

// RevokeConnectSession answers DELETE /admin/connect-sessions/{connectSessionId}.
func (h connectSessionHandlers) RevokeConnectSession(ctx context.Context, r operator.RevokeConnectSessionRequestObject) (operator.RevokeConnectSessionResponseObject, error) {
	if err := h.kept.RevokeConnectSession(ctx, strings.ToLower(r.ConnectSessionId)); err != nil {
		return nil, err
	}
	return operator.RevokeConnectSession204Response{}, nil
}

func connectSession(c storelink.ConnectSession) operator.ConnectSession {
	return operator.ConnectSession{
		Id: c.ID, State: operator.ConnectSessionState(c.State), MintedBy: c.MintedBy, Group: orNull(c.Group), LocalStoreIds: c.LocalIDs,
		OrganizationId: orNull(c.OrganizationID), ReturnTo: c.ReturnTo, CreatedAt: c.CreatedAt.UTC(),
		ExpiresAt: c.ExpiresAt.UTC(), RedeemedAt: inUTC(c.RedeemedAt), EndedAt: inUTC(c.EndedAt),
	}
}

// checkAllowed refuses ids outside the session's permission before anything is sent. What is written is checked again,
// with the permission locked.
func checkAllowed(p *storelink.Permission, asks []storelink.Ask) error {
	if p == nil {
		return nil
	}
	return storelink.NotAllowedError(p.Refused(asks))
}

// permissionOf names the session's permission, so that a cursor serves under no other.
func permissionOf(s storelink.Session) string {
	if s.Permission == nil {
		return ""
	}
	return s.Permission.ConnectSessionID
}
