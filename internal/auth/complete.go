package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"storelink"
)

// completeTimeout bounds the token call, the look at the organization and the transaction together.
const completeTimeout = 45 * time.Second

// complete exchanges the code and stores what it brought. The code is spent by its first use, so the rest is done even
// where the browser goes away meanwhile.
func (s *Service) complete(ctx context.Context, signin storelink.Signin, code string) (Outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), completeTimeout)
	defer cancel()
	verifier, err := s.sealer.Open(signin.SealedVerifier, signin.ID, "", fieldVerifier)
	if err != nil {
		return Outcome{}, over(SlugFailed, signin, err)
	}
	got, err := s.endpoint.exchange(ctx, code, verifier)
	if err != nil {
		return Outcome{}, over(SlugFailed, signin, fmt.Errorf("exchange code: %w", err))
	}
	in, err := s.signedIn(ctx, got)
	if err != nil {
		return Outcome{}, over(SlugFailed, signin, err)
	}
	cookie := newSecret()
	in.CookieHash, in.ReplacesSessionID = hashSecret(cookie), signin.ReplacesSessionID
	in.ConnectSessionID = signin.ConnectSessionID
	if err := s.store.CompleteSignin(ctx, in); err != nil {
		return Outcome{}, over(SlugFailed, signin, fmt.Errorf("complete sign-in: %w", err))
	}
	return Outcome{SessionCookie: cookie, ReturnTo: signin.ReturnTo}, nil
}

// signedIn asks for the organization and seals the tokens. The grant's id is made before there is a row, since the
// tokens are sealed to it.
func (s *Service) signedIn(ctx context.Context, got tokens) (storelink.SignedIn, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return storelink.SignedIn{}, fmt.Errorf("make grant id: %w", err)
	}
	grantID := id.String()
	organization, err := s.organizations.Organization(ctx, storelink.AccessToken{
		GrantID:   grantID,
		Value:     got.access,
		Scopes:    got.scopes,
		ExpiresAt: time.Now().Add(got.lifetime),
	})
	if err != nil {
		return storelink.SignedIn{}, fmt.Errorf("ask for the organization: %w", err)
	}
	var ok bool
	if organization.ID, ok = storelink.ParseUUID(organization.ID); !ok {
		return storelink.SignedIn{}, errors.New("ask for the organization: its id is not a UUID")
	}
	grant := storelink.SealedGrant{Grant: storelink.Grant{ID: grantID, OrganizationID: organization.ID}}
	if err := s.sealInto(&grant, got); err != nil {
		return storelink.SignedIn{}, err
	}
	return storelink.SignedIn{Organization: organization, Grant: grant}, nil
}

// sealInto puts the tokens into the grant, sealed to its id and organization.
func (s *Service) sealInto(g *storelink.SealedGrant, got tokens) error {
	access, err := s.sealer.Seal(got.access, g.ID, g.OrganizationID, fieldAccess)
	if err != nil {
		return err
	}
	var refresh []byte
	if got.refresh != "" {
		if refresh, err = s.sealer.Seal(got.refresh, g.ID, g.OrganizationID, fieldRefresh); err != nil {
			return err
		}
	}
	g.SealedAccess, g.SealedRefresh = access, refresh
	g.Scopes, g.Lifetime = got.scopes, got.lifetime
	return nil
}
