package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// AdminSessions keeps the sessions of operators' browsers.
type AdminSessions interface {
	BeginAdminSession(ctx context.Context, tokenHash []byte) (cookie string, err error)
	// AdminSession returns ErrNotSignedIn where the cookie belongs to no live session.
	AdminSession(ctx context.Context, cookie string) (storelink.AdminSession, error)
	// AdminSessionAlive returns ErrNotSignedIn where the session has ended. Asking does not count as use.
	AdminSessionAlive(ctx context.Context, id string) error
	// EndAdminSession ends the session of the cookie; one that has ended is no error.
	EndAdminSession(ctx context.Context, cookie string) error
}

type adminSessionHandlers struct {
	sessions AdminSessions
	tokens   tokens
	guesses  *guesses
}

// BeginAdminSession answers POST /admin/session. A token that only mints connect sessions opens no console.
func (h adminSessionHandlers) BeginAdminSession(ctx context.Context, r operator.BeginAdminSessionRequestObject) (operator.BeginAdminSessionResponseObject, error) {
	v := visitOf(ctx)
	if err := h.guesses.allow(v.address); err != nil {
		return nil, err
	}
	token, ok := h.tokens.find(r.Body.Token)
	if !ok {
		h.guesses.missed(v.address)
		return nil, storelink.Errorf(storelink.ErrNotSignedIn, "No admin token is like this one.")
	}
	v.actor = token.Name
	if token.Role == RoleConnect {
		return nil, storelink.Errorf(storelink.ErrForbidden, "The token's role does not allow this.")
	}
	// Another session of this browser is over: none is adopted.
	if err := h.sessions.EndAdminSession(ctx, v.admin); err != nil {
		return nil, err
	}
	cookie, err := h.sessions.BeginAdminSession(ctx, token.SHA256[:])
	if err != nil {
		return nil, err
	}
	session, err := h.sessions.AdminSession(ctx, cookie)
	if err != nil {
		return nil, err
	}
	return adminSignedIn{cookie: cookie, session: adminSession(token, &session)}, nil
}

// GetAdminSession answers GET /admin/session.
func (h adminSessionHandlers) GetAdminSession(ctx context.Context, _ operator.GetAdminSessionRequestObject) (operator.GetAdminSessionResponseObject, error) {
	v := visitOf(ctx)
	return operator.GetAdminSession200JSONResponse(adminSession(v.token, v.operator)), nil
}

// EndAdminSession answers DELETE /admin/session.
func (h adminSessionHandlers) EndAdminSession(ctx context.Context, _ operator.EndAdminSessionRequestObject) (operator.EndAdminSessionResponseObject, error) {
	return adminSignedOut{}, h.sessions.EndAdminSession(ctx, visitOf(ctx).admin)
}

func adminSession(token AdminToken, session *storelink.AdminSession) operator.AdminSession {
	s := operator.AdminSession{Name: token.Name, Role: operator.AdminRole(token.Role)}
	if session != nil {
		s.ExpiresAt = inUTC(&session.ExpiresAt)
	}
	return s
}

// adminSessionLasts is how long a browser keeps the cookie; how long it opens anything is decided by the database.
const adminSessionLasts = 8 * time.Hour

// adminSignedIn is the answer that sets the cookie.
type adminSignedIn struct {
	cookie  string
	session operator.AdminSession
}

// VisitBeginAdminSessionResponse writes the session with its cookie.
func (a adminSignedIn) VisitBeginAdminSessionResponse(w http.ResponseWriter) error {
	http.SetCookie(w, newCookie(adminCookie, a.cookie, http.SameSiteStrictMode, adminSessionLasts))
	w.Header().Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	w.WriteHeader(http.StatusOK)
	return json.NewEncoder(w).Encode(a.session)
}

type adminSignedOut struct{}

// VisitEndAdminSessionResponse ends the cookie.
func (adminSignedOut) VisitEndAdminSessionResponse(w http.ResponseWriter) error {
	http.SetCookie(w, endCookie(adminCookie, http.SameSiteStrictMode))
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
