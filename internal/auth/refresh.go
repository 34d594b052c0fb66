package auth

import (
	"context"
	"errors"
	"time"

	"storelink"
)

const (
	// refreshBefore is how long before its end a token is refreshed; short-lived ones in the last fifth of their life.
	refreshBefore = 5 * time.Minute
	// refreshClaim outlives the refresh of a replica that died by little.
	refreshClaim = 5 * time.Second
	// refreshPoll is how often those look who wait for somebody else's refresh.
	refreshPoll = 100 * time.Millisecond
	// refreshWait is how long they wait while the old token is still good.
	refreshWait = 2 * time.Second
	// refreshPause is how long a grant is left alone after a refresh failed for now.
	refreshPause = 30 * time.Second
)

func dueForRefresh(g storelink.SealedGrant) bool {
	return g.Refreshable && g.Left <= min(refreshBefore, g.Lifetime/5)
}

// usable returns the grant's token, refreshed where that is due, and whether this or another call refreshed it since g
// was read. Of all calls on all replicas one refreshes; the others wait for it. Where a refresh fails for now a token
// that is still good serves.
func (s *Service) usable(ctx context.Context, g storelink.SealedGrant) (token storelink.AccessToken, refreshed bool, err error) {
	first := g.TokenVersion
	for waited := time.Duration(0); ; waited += refreshPoll {
		if g.State != storelink.GrantActive {
			return token, false, reauthorize(g.Reason)
		}
		if !dueForRefresh(g) || (g.Left > 0 && (s.pauses.holds(g.ID) || waited >= refreshWait)) {
			token, err = s.open(g)
			return token, g.TokenVersion != first, err
		}
		var claimed bool
		g, claimed, err = s.store.ClaimRefresh(ctx, g.ID, g.TokenVersion, s.endpoint.timeout+refreshClaim)
		switch {
		case err != nil:
			return token, false, goneAsDead(err)
		case claimed:
			if g, err = s.refresh(ctx, g); err != nil {
				return token, false, err
			}
		case g.Refreshing:
			if err := pause(ctx, refreshPoll); err != nil {
				return token, false, err
			}
		}
	}
}

// refresh replaces the tokens of a grant whose refresh is claimed, and returns the grant as it is stored afterwards,
// with its old tokens where it could not be refreshed but they are good. It ends the claim.
func (s *Service) refresh(ctx context.Context, g storelink.SealedGrant) (storelink.SealedGrant, error) {
	// A refresh token may be spent by its first use, so what it brought is stored even where the caller goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*s.endpoint.timeout)
	defer cancel()
	err := s.tryRefresh(ctx, g)
	s.metrics.refreshed(err)
	var refused *tokenError
	if errors.As(err, &refused) && refused.ends() {
		if err := s.store.EndGrant(ctx, g.ID, "upstream no longer renews it", g.TokenVersion); err != nil {
			return g, err
		}
		err = nil
	}
	if err != nil {
		s.pauses.hold(g.ID, refreshPause)
		if err := s.store.ReleaseRefresh(ctx, g.ID, g.TokenVersion); err != nil {
			return g, err
		}
	}
	after, loadErr := s.store.FindGrant(ctx, g.ID)
	switch {
	case loadErr != nil:
		return g, goneAsDead(loadErr)
	case err != nil && after.State == storelink.GrantActive && after.Left <= 0:
		return g, notNow(err)
	}
	return after, nil
}

// tryRefresh calls the token endpoint once and stores its answer, unless the grant ended meanwhile.
func (s *Service) tryRefresh(ctx context.Context, g storelink.SealedGrant) error {
	wait, err := s.store.TakeRefreshSlot(ctx, s.egress, s.perMinute)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &slotError{wait: wait}
	}
	token, err := s.sealer.Open(g.SealedRefresh, g.ID, g.OrganizationID, fieldRefresh)
	if err != nil {
		return err
	}
	got, err := s.endpoint.refresh(ctx, token, g.Scopes)
	if err != nil {
		return err
	}
	if err := s.sealInto(&g, got); err != nil {
		return err
	}
	_, err = s.store.SaveRefresh(ctx, g)
	return err
}

// slotError says that the token endpoint's budget has nothing left for now.
type slotError struct{ wait time.Duration }

// Error says so.
func (*slotError) Error() string { return "no slot at the token endpoint" }

// notNow is the error of an expired token that could not be refreshed for a reason that passes.
func notNow(err error) error {
	var coded *storelink.Error
	if errors.As(err, &coded) {
		return err
	}
	e := storelink.Errorf(storelink.ErrUpstreamUnavailable, "The consent cannot be renewed for the moment.").WithCause(err)
	var slot *slotError
	if errors.As(err, &slot) {
		e.RetryAfter = slot.wait
	}
	var failed *tokenError
	if errors.As(err, &failed) && failed.timeout {
		e.Code = storelink.ErrUpstreamTimeout
	}
	return e
}
