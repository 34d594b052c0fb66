package auth

import (
	"context"
	"time"

	"storelink"
)

// adminLimits end an operator's session in a browser: security.md, "Cookies".
var adminLimits = storelink.SessionLimits{Idle: 30 * time.Minute, Max: 8 * time.Hour}

// AdminSessionStore keeps operators' sessions. Errors are those of the root package; storelink.ErrNotFound where no live
// one is there.
type AdminSessionStore interface {
	InsertAdminSession(ctx context.Context, cookieHash, tokenHash []byte) error
	FindAdminSession(ctx context.Context, cookieHash []byte, l storelink.SessionLimits) (storelink.AdminSession, error)
	AdminSessionAlive(ctx context.Context, id string, l storelink.SessionLimits) error
	EndAdminSession(ctx context.Context, cookieHash []byte) error
	SweepAdminSessions(ctx context.Context, l storelink.SessionLimits) error
}

// BeginAdminSession makes a session of the admin token with that SHA-256 and returns its cookie's value.
func (s *Service) BeginAdminSession(ctx context.Context, tokenHash []byte) (cookie string, err error) {
	cookie = newSecret()
	return cookie, s.store.InsertAdminSession(ctx, hashSecret(cookie), tokenHash)
}

// AdminSession returns the live session of a cookie. It returns storelink.ErrNotSignedIn where there is none.
func (s *Service) AdminSession(ctx context.Context, cookie string) (storelink.AdminSession, error) {
	if !isSecret(cookie) {
		return storelink.AdminSession{}, notSignedIn()
	}
	session, err := s.store.FindAdminSession(ctx, hashSecret(cookie), adminLimits)
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		return storelink.AdminSession{}, notSignedIn()
	}
	return session, err
}

// AdminSessionAlive returns storelink.ErrNotSignedIn where the session has ended or is past its limits. Asking does not
// count as use.
func (s *Service) AdminSessionAlive(ctx context.Context, id string) error {
	err := s.store.AdminSessionAlive(ctx, id, adminLimits)
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		return notSignedIn()
	}
	return err
}

// EndAdminSession ends the cookie's session. Without one it does nothing.
func (s *Service) EndAdminSession(ctx context.Context, cookie string) error {
	if !isSecret(cookie) {
		return nil
	}
	return s.store.EndAdminSession(ctx, hashSecret(cookie))
}
