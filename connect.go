package storelink

import (
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

// Allows reports whether the local store id may be used.
func (p *Permission) Allows(localStoreID string) bool {
	_, found := slices.BinarySearch(p.LocalIDs, localStoreID)
	return found
}
