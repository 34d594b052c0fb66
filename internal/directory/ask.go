package directory

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"

	"storelink"
)

// maxOutstanding bounds the calls that one organization has at upstream at a time, so that no page of theirs books the
// shared budget far ahead.
const maxOutstanding = 10

// ask calls upstream when the organization has less than its share of calls outstanding, and turns a failure into an
// error that can be shown. Scope is what the call needs.
func (s *Service) ask(ctx context.Context, session storelink.Session, tok storelink.AccessToken, scope string, call func(ctx context.Context) error) error {
	release, err := s.turns.take(ctx, session.Organization.ID)
	if err != nil {
		return interrupted(err)
	}
	defer release()
	return s.explain(ctx, tok, scope, call(ctx))
}

// explain marks the grant where upstream did not accept it.
func (s *Service) explain(ctx context.Context, tok storelink.AccessToken, scope string, err error) error {
	var failed *storelink.UpstreamError
	if !errors.As(err, &failed) {
		return interrupted(err)
	}
	switch {
	case failed.Status == http.StatusUnauthorized:
		if err := s.tokens.MarkGrant(ctx, tok.GrantID, "Otter did not accept it any more"); err != nil {
			return err
		}
		return storelink.Errorf(storelink.ErrReauthorizationRequired, "Otter does not accept the sign-in any more. Sign in again.").WithCause(err)
	case failed.Status == http.StatusForbidden && !slices.Contains(tok.Scopes, scope):
		return scopeMissing().WithCause(err)
	case failed.Status == http.StatusForbidden:
		return storelink.Errorf(storelink.ErrForbidden, "Otter does not let this account see that.").WithCause(err)
	case failed.Status == http.StatusNotFound && failed.Err == nil:
		return storelink.Errorf(storelink.ErrNotFound, "Otter does not know it.").WithCause(err)
	case failed.Status == 0 && timedOut(failed.Err):
		return storelink.Errorf(storelink.ErrUpstreamTimeout, "Otter did not answer in time.").WithCause(err)
	}
	unavailable := storelink.Errorf(storelink.ErrUpstreamUnavailable, "Otter does not answer as it should at the moment.").WithCause(err)
	unavailable.RetryAfter = failed.RetryAfter
	return unavailable
}

func scopeMissing() *storelink.Error {
	return storelink.Errorf(storelink.ErrScopeMissing, "The sign-in does not include the permission for this.")
}

func timedOut(err error) bool {
	var waiting net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &waiting) && waiting.Timeout()
}

// turns hands out an organization's share of outstanding calls.
type turns struct {
	mu            sync.Mutex
	organizations map[string]*turn
}

type turn struct {
	slots chan struct{}
	users int // who have a slot or wait for one
}

// take waits until the organization has a call left, or for ctx to end. The call is over with release.
func (t *turns) take(ctx context.Context, organizationID string) (release func(), err error) {
	mine := t.enter(organizationID)
	select {
	case mine.slots <- struct{}{}:
		return func() { <-mine.slots; t.leave(organizationID, mine) }, nil
	case <-ctx.Done():
		t.leave(organizationID, mine)
		return nil, ctx.Err()
	}
}

func (t *turns) enter(organizationID string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.organizations == nil {
		t.organizations = map[string]*turn{}
	}
	mine := t.organizations[organizationID]
	if mine == nil {
		mine = &turn{slots: make(chan struct{}, maxOutstanding)}
		t.organizations[organizationID] = mine
	}
	mine.users++
	return mine
}

func (t *turns) leave(organizationID string, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.users--; mine.users == 0 {
		delete(t.organizations, organizationID)
	}
}
