package auth

import (
	"context"
	"slices"
	"time"

	"storelink"
)

// ConnectStore keeps connect sessions. Errors are those of the root package.
type ConnectStore interface {
	InsertConnectSession(ctx context.Context, c storelink.ConnectSession, secretHash []byte, ttl time.Duration) (storelink.ConnectSession, error)
	// RedeemConnectSession returns storelink.ErrNotFound where the link opens nothing.
	RedeemConnectSession(ctx context.Context, secretHash, holderHash []byte, sessionID string) (c storelink.ConnectSession, bound bool, err error)
	SweepConnectSessions(ctx context.Context) error
}

// Redeemed is what a connect link allows. Where no session has it yet, HolderSecret is for a cookie of the browser, which
// serves for storelink.ConnectPatience.
type Redeemed struct {
	storelink.ConnectSession
	Bound        bool
	HolderSecret string
}

// MintConnectSession makes a link's secret. It returns storelink.ErrInvalid where a browser may not be sent to ReturnTo.
func (s *Service) MintConnectSession(ctx context.Context, c storelink.ConnectSession, ttl time.Duration) (storelink.ConnectSession, string, error) {
	if _, ok := checkReturnTo(c.ReturnTo, s.origins); !ok {
		e := storelink.Errorf(storelink.ErrInvalid, "the page cannot return to that address")
		e.Fields = []storelink.FieldError{{Pointer: "/returnTo", Detail: "must be a path of this site or an address on a trusted origin"}}
		return c, "", e
	}
	c.LocalIDs = append([]string{}, c.LocalIDs...)
	slices.Sort(c.LocalIDs)
	c.LocalIDs = slices.Compact(c.LocalIDs)
	secret := newSecret()
	c, err := s.store.InsertConnectSession(ctx, c, hashSecret(secret), ttl)
	if err == nil {
		s.metrics.connected(connectMinted)
	}
	return c, secret, err
}

// RedeemConnectSession uses up a link for this browser. It returns storelink.ErrLinkUsed where the link opens nothing.
func (s *Service) RedeemConnectSession(ctx context.Context, secret, sessionCookie string) (Redeemed, error) {
	refused := storelink.Errorf(storelink.ErrLinkUsed, "This link was used, or came too late.")
	if !isSecret(secret) {
		s.metrics.connected(connectRefused)
		return Redeemed{}, refused
	}
	sessionID, err := s.sessionID(ctx, sessionCookie)
	if err != nil {
		return Redeemed{}, err
	}
	holder := newSecret()
	c, bound, err := s.store.RedeemConnectSession(ctx, hashSecret(secret), hashSecret(holder), sessionID)
	switch {
	case storelink.CodeOf(err) == storelink.ErrNotFound:
		s.metrics.connected(connectRefused)
		return Redeemed{}, refused
	case err != nil:
		return Redeemed{}, err
	}
	s.metrics.connected(connectRedeemed)
	r := Redeemed{ConnectSession: c, Bound: bound}
	if !bound {
		r.HolderSecret = holder
	}
	return r, nil
}

// holderHash is the hash of the cookie that holds a redeemed link, or nil.
func holderHash(secret string) []byte {
	if !isSecret(secret) {
		return nil
	}
	return hashSecret(secret)
}
