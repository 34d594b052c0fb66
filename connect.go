package storelink

import (
	"fmt"
	"slices"
	"time"
)

// ErrLinkUsed is the answer to a connect link that opens nothing: used, expired, revoked, or never made.
const ErrLinkUsed ErrorCode = "link-used"

// The times of connect sessions.
const (
	MaxConnectTTL   = 10 * time.Minute   // how long a link can be redeemed
	ConnectPatience = 30 * time.Minute   // how long a redeemed link waits for a sign-in
	ConnectKept     = 7 * 24 * time.Hour // how long one that is over stays in the list
)

// ConnectState says what became of a connect session.
type ConnectState string

// The states of a connect session.
const (
	ConnectOpen     ConnectState = "open"
	ConnectRedeemed ConnectState = "redeemed"
	ConnectExpired  ConnectState = "expired"
	ConnectRevoked  ConnectState = "revoked"
	ConnectEnded    ConnectState = "ended"
)

// ConnectSession is a one-time link and what it allows, without its secret.
type ConnectSession struct {
	ID             string
	State          ConnectState
	MintedBy       string // the admin token's name
	Group          string // of the catalogue; empty: the ids were given one by one
	LocalIDs       []string
	OrganizationID string // empty: the first to sign in
	ReturnTo       string
	CreatedAt      time.Time
	ExpiresAt      time.Time // of the link
	RedeemedAt     *time.Time
	EndedAt        *time.Time
}

// Permission is what a session may use by a connect session. One that was revoked allows nothing.
type Permission struct {
	ConnectSessionID string
	MintedBy         string
	LocalIDs         []string // sorted
	ReturnTo         string
}

// Refused names the asks' ids that may not be used, in the order of the asks.
func (p *Permission) Refused(asks []Ask) []FieldError {
	var places []FieldError
	for i, a := range asks {
		switch {
		case a.LocalStoreID != "" && !p.Allows(a.LocalStoreID):
			places = append(places, NotAllowed(i, "localStoreId"))
		case a.Replaces != "" && !p.Allows(a.Replaces):
			places = append(places, NotAllowed(i, "replaces"))
		}
	}
	return places
}

// NotAllowed names a field of an ask whose id the connect link does not allow.
func NotAllowed(item int, field string) FieldError {
	return FieldError{Pointer: fmt.Sprintf("/items/%d/%s", item, field), Detail: "is not among the ids that the connect link allows"}
}

// NotAllowedError is ErrLocalStoreIDNotAllowed with the places, or nil where there are none.
func NotAllowedError(places []FieldError) error {
	if len(places) == 0 {
		return nil
	}
	e := Errorf(ErrLocalStoreIDNotAllowed, "This session may not use %d of the local store ids.", len(places))
	e.Fields = places
	return e
}

// Allows reports whether the local store id may be used.
func (p *Permission) Allows(localStoreID string) bool {
	_, found := slices.BinarySearch(p.LocalIDs, localStoreID)
	return found
}
