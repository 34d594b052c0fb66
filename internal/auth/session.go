package auth

import (
	"context"

	"storelink"
)

// SessionStore keeps sessions. Errors are those of the root package; storelink.ErrNotFound where no live one is there.
type SessionStore interface {
	FindSession(ctx context.Context, cookieHash []byte, l storelink.SessionLimits) (storelink.Session, error)
	SessionAlive(ctx context.Context, id string, l storelink.SessionLimits) error
	EndSession(ctx context.Context, cookieHash []byte) error
	SweepSessions(ctx context.Context, l storelink.SessionLimits) error
}

// Session returns the live session of a cookie, its grant's state as of now. It returns storelink.ErrNotSignedIn where
// there is none.
func (s *Service) Session(ctx context.Context, cookie string) (storelink.Session, error) {
	if !isSecret(cookie) {
		return storelink.Session{}, notSignedIn()
	}
	session, err := s.store.FindSession(ctx, hashSecret(cookie), s.limits)
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		return storelink.Session{}, notSignedIn()
	}
	return session, err
}

// SessionAlive returns storelink.ErrNotSignedIn where the session has ended or is past its limits. Asking does not
// count as use.
func (s *Service) SessionAlive(ctx context.Context, sessionID string) error {
	err := s.store.SessionAlive(ctx, sessionID, s.limits)
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		return notSignedIn()
	}
	return err
}

// Logout ends the cookie's session. Its grant stays: accepted work goes on. Without a session it does nothing.
func (s *Service) Logout(ctx context.Context, cookie string) error {
	if !isSecret(cookie) {
		return nil
	}
	return s.store.EndSession(ctx, hashSecret(cookie))
}

func notSignedIn() error {
	return storelink.Errorf(storelink.ErrNotSignedIn, "You are not signed in.")
}
