package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"storelink"
)

// SigninStore keeps sign-ins. Errors are those of the root package; storelink.ErrNotFound where there is none.
type SigninStore interface {
	CreateSignin(ctx context.Context, s storelink.Signin, ttl time.Duration) error
	FindSigninByState(ctx context.Context, stateHash []byte) (storelink.Signin, error)
	FindSigninByBrowser(ctx context.Context, browserHash []byte) (storelink.Signin, error)
	ConsumeSignin(ctx context.Context, id, clientAddress string) (bool, error)
	ParkSignin(ctx context.Context, egress, id string, sealedCode []byte, perAddress, total int) error
	ForgetCode(ctx context.Context, id string) error
	CompleteSignin(ctx context.Context, in storelink.SignedIn) error
	SweepSignins(ctx context.Context) error
}

// BeginRequest is a browser's wish to sign in.
type BeginRequest struct {
	ReturnTo      string // as the browser gave it; empty stands for "/"
	SessionCookie string // of the session that the new one is to replace; empty where there is none
	ConnectSecret string // of the cookie that holds a redeemed connect link; empty where there is none
	ClientAddress string
}

// Begun is where the browser goes, and the secret for its sign-in cookie, which lives for SigninTTL.
type Begun struct {
	RedirectURL   string
	BrowserSecret string
}

// Begin starts a sign-in with a state and a PKCE challenge of its own (RFC 7636). It returns storelink.ErrInvalid where
// the browser may not be sent to ReturnTo.
func (s *Service) Begin(ctx context.Context, r BeginRequest) (Begun, error) {
	returnTo, ok := checkReturnTo(r.ReturnTo, s.origins)
	if !ok {
		e := storelink.Errorf(storelink.ErrInvalid, "the sign-in cannot return to that address")
		e.Fields = []storelink.FieldError{{Pointer: "return_to", Detail: "must be a path of this site or an address on a trusted origin"}}
		return Begun{}, e
	}
	replaces, err := s.sessionID(ctx, r.SessionCookie)
	if err != nil {
		return Begun{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Begun{}, fmt.Errorf("make sign-in id: %w", err)
	}
	state, secret, verifier := newSecret(), newSecret(), oauth2.GenerateVerifier()
	sealed, err := s.sealer.Seal(verifier, id.String(), "", fieldVerifier)
	if err != nil {
		return Begun{}, err
	}
	err = s.store.CreateSignin(ctx, storelink.Signin{
		ID:                id.String(),
		StateHash:         hashSecret(state),
		BrowserHash:       hashSecret(secret),
		SealedVerifier:    sealed,
		ReturnTo:          returnTo,
		ReplacesSessionID: replaces,
		HolderHash:        holderHash(r.ConnectSecret),
		ClientAddress:     r.ClientAddress,
	}, SigninTTL)
	if err != nil {
		return Begun{}, err
	}
	return Begun{RedirectURL: s.endpoint.authorizeURL(state, verifier), BrowserSecret: secret}, nil
}

// sessionID returns the id of the cookie's live session, or nothing.
func (s *Service) sessionID(ctx context.Context, cookie string) (string, error) {
	session, err := s.Session(ctx, cookie)
	if storelink.CodeOf(err) == storelink.ErrNotSignedIn {
		return "", nil
	}
	return session.ID, err
}
