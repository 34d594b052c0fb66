package auth

import (
	"context"
	"slices"
	"time"

	"storelink"
)

// GrantStore keeps grants. Errors are those of the root package; storelink.ErrNotFound where there is none.
type GrantStore interface {
	FindGrant(ctx context.Context, id string) (storelink.SealedGrant, error)
	UsableGrants(ctx context.Context, organizationID, scope string) ([]storelink.SealedGrant, error)
	LacksScope(ctx context.Context, organizationID, scope string) (bool, error)
	ClaimRefresh(ctx context.Context, id string, version int64, d time.Duration) (storelink.SealedGrant, bool, error)
	ReleaseRefresh(ctx context.Context, id string, version int64) error
	SaveRefresh(ctx context.Context, g storelink.SealedGrant) (bool, error)
	EndGrant(ctx context.Context, id, reason string, version int64) error
}

// Token returns the token of the session's own grant, refreshed where it ends soon. It returns
// storelink.ErrReauthorizationRequired where the grant is dead, storelink.ErrNotSignedIn where the session ended during
// a refresh, and storelink.ErrUpstreamUnavailable or ErrUpstreamTimeout where an expired token could not be refreshed
// for now.
func (s *Service) Token(ctx context.Context, session storelink.Session) (storelink.AccessToken, error) {
	grant, err := s.store.FindGrant(ctx, session.Grant.ID)
	if err != nil {
		return storelink.AccessToken{}, goneAsDead(err)
	}
	token, refreshed, err := s.usable(ctx, grant)
	if err != nil || !refreshed {
		return token, err
	}
	if err := s.SessionAlive(ctx, session.ID); err != nil {
		return storelink.AccessToken{}, err
	}
	return token, nil
}

// BestToken returns the token, for work in the background, of the organization's grant that is active, may connect
// stores, is not among except, and expires last; where that one cannot be used, of the next. It returns
// storelink.ErrReauthorizationRequired where none is left, and storelink.ErrScopeMissing where nobody of the
// organization ever had the scope.
func (s *Service) BestToken(ctx context.Context, organizationID string, except []string) (storelink.AccessToken, error) {
	grants, err := s.store.UsableGrants(ctx, organizationID, storelink.ScopeConnect)
	if err != nil {
		return storelink.AccessToken{}, err
	}
	var unusable error
	for _, g := range grants {
		if slices.Contains(except, g.ID) {
			continue
		}
		token, _, err := s.usable(ctx, g)
		if err == nil {
			return token, nil
		}
		if ctx.Err() != nil {
			return storelink.AccessToken{}, ctx.Err()
		}
		if storelink.CodeOf(err) != storelink.ErrReauthorizationRequired {
			unusable = err
		}
	}
	if unusable != nil {
		return storelink.AccessToken{}, unusable
	}
	return storelink.AccessToken{}, s.noneLeft(ctx, organizationID)
}

func (s *Service) noneLeft(ctx context.Context, organizationID string) error {
	lacks, err := s.store.LacksScope(ctx, organizationID, storelink.ScopeConnect)
	switch {
	case err != nil:
		return err
	case lacks:
		return storelink.Errorf(storelink.ErrScopeMissing, "Nobody of the organization may connect stores.")
	}
	return reauthorize("no grant is left")
}

// MarkGrant marks the grant as in need of new consent because upstream refused its token. Reason must be safe to show.
// A grant whose tokens were replaced in the last half minute is spared: the refused token may be the one before.
func (s *Service) MarkGrant(ctx context.Context, grantID, reason string) error {
	return s.store.EndGrant(ctx, grantID, reason, 0)
}

func (s *Service) open(g storelink.SealedGrant) (storelink.AccessToken, error) {
	value, err := s.sealer.Open(g.SealedAccess, g.ID, g.OrganizationID, fieldAccess)
	if err != nil {
		return storelink.AccessToken{}, err
	}
	return storelink.AccessToken{
		GrantID:        g.ID,
		OrganizationID: g.OrganizationID,
		Value:          value,
		Scopes:         g.Scopes,
		ExpiresAt:      g.ExpiresAt,
		Lasting:        g.Refreshable,
	}, nil
}

// goneAsDead turns the absence of a grant into the need for new consent.
func goneAsDead(err error) error {
	if storelink.CodeOf(err) == storelink.ErrNotFound {
		return reauthorize("the grant was forgotten")
	}
	return err
}

func reauthorize(reason string) error {
	if reason == "" {
		return storelink.Errorf(storelink.ErrReauthorizationRequired, "Consent must be given again.")
	}
	return storelink.Errorf(storelink.ErrReauthorizationRequired, "Consent must be given again: %s.", reason)
}
