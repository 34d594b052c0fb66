package api

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
	"storelink/internal/api/gen/public"
)

// Sessions finds the session of a cookie.
type Sessions interface {
	// Session returns ErrNotSignedIn where the cookie belongs to no live session.
	Session(ctx context.Context, cookie string) (storelink.Session, error)
	// SessionAlive returns ErrNotSignedIn where the session has ended. Asking does not count as use.
	SessionAlive(ctx context.Context, sessionID string) error
}

// loadSession puts the browser's session into the request's visit, and refuses a guarded operation without one.
func loadSession(contract *contract, sessions Sessions) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			op, ctx := contract.of(c), c.Request().Context()
			if op == nil || !op.guarded && op.id() != "getSession" {
				return next(c)
			}
			v := visitOf(ctx)
			if v.session != "" {
				session, err := sessions.Session(ctx, v.session)
				switch {
				case err == nil:
					v.user = &session
				case storelink.CodeOf(err) != storelink.ErrNotSignedIn:
					return err
				}
			}
			if op.guarded && v.user == nil {
				return errNoSession()
			}
			return next(c)
		}
	}
}

// mayConnect refuses a session that may not change connections: its grant must be alive and hold the scope, and its
// local store ids must be open.
func mayConnect(s storelink.Session, localIDs LocalIDs) error {
	if s.Grant.State != storelink.GrantActive {
		return storelink.Errorf(storelink.ErrReauthorizationRequired, "Sign in again to go on.")
	}
	if err := mayCancel(s); err != nil {
		return err
	}
	if localIDs != LocalIDsOpen && s.Permission == nil {
		return storelink.Errorf(storelink.ErrLocalStoreIDNotAllowed, "This session may not use any local store id.")
	}
	return nil
}

// mayCancel refuses a session that could not have begun the run. Its grant need not be alive: nothing is sent upstream,
// and a run that waits for consent can be given up without one.
func mayCancel(s storelink.Session) error {
	if !s.Grant.Allows(storelink.ScopeConnect) {
		return storelink.Errorf(storelink.ErrScopeMissing, "Your account lacks the scope %s.", storelink.ScopeConnect)
	}
	return nil
}

type sessionHandlers struct {
	application public.Application
	localIDs    LocalIDs
}

func application(o Options) public.Application {
	return public.Application{Name: o.ApplicationName, LogoUrl: orNull(o.ApplicationLogo), Accent: orNull(o.Accent)}
}

// GetSession answers GET /api/session.
func (h sessionHandlers) GetSession(ctx context.Context, _ public.GetSessionRequestObject) (public.GetSessionResponseObject, error) {
	answer := public.GetSession200JSONResponse{Scopes: []string{}, Application: h.application}
	session, err := sessionOf(ctx)
	if err != nil {
		if errors.As(err, new(*storelink.Error)) {
			return answer, nil
		}
		return nil, err
	}
	answer.SignedIn = true
	answer.Organization = &public.Organization{Id: session.Organization.ID, Name: session.Organization.Name}
	answer.Scopes = append(answer.Scopes, session.Grant.Scopes...)
	switch {
	case session.Permission != nil:
		ids := append([]public.LocalStoreId{}, session.Permission.LocalIDs...)
		answer.LocalStoreIds = &ids
		answer.ReturnTo = orNull(session.Permission.ReturnTo)
	case h.localIDs != LocalIDsOpen:
		answer.LocalStoreIds = &[]public.LocalStoreId{}
	}
	answer.Grant = &public.SessionGrant{State: public.SessionGrantState(session.Grant.State)}
	// A grant that renews itself has no end that a person could do something about.
	if !session.Grant.ExpiresAt.IsZero() && !session.Grant.Refreshable {
		expires := session.Grant.ExpiresAt.UTC()
		answer.Grant.ExpiresAt = &expires
	}
	return answer, nil
}

// orNull is the string, or null where it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// inUTC is the time in UTC, or null.
func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
