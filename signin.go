package storelink

import "time"

// SigninPatience is how long after its callback a sign-in may wait for its turn at the token endpoint: codes expire, so
// that consent is asked for again afterwards.
const SigninPatience = 50 * time.Second

// Signin is a sign-in under way, from the redirect to consent until its session exists. Its secrets are hashed or sealed.
type Signin struct {
	ID                string
	StateHash         []byte
	BrowserHash       []byte
	SealedVerifier    []byte
	SealedCode        []byte // nil unless the sign-in waits for its turn at the token endpoint
	ReturnTo          string
	ReplacesSessionID string // empty: none
	HolderHash        []byte // of the cookie that holds a redeemed connect link; nil: none
	ConnectSessionID  string // that the new session is to have; empty: none
	ClientAddress     string
	Consumed          bool          // the callback came: the state is used up
	Expired           bool          // by the database's clock
	SinceCallback     time.Duration // zero until the callback came
}

// SignedIn is what a finished sign-in leaves behind: a grant and a session, and no longer the session it replaces.
type SignedIn struct {
	Organization      Organization
	Grant             SealedGrant // ID, Scopes, the sealed tokens and Lifetime are read
	CookieHash        []byte
	ReplacesSessionID string // empty: none
	ConnectSessionID  string // empty: none
}

// SealedGrant is a grant with its sealed tokens. Durations are by the database's clock at the time it was read.
type SealedGrant struct {
	Grant
	SealedAccess  []byte
	SealedRefresh []byte // nil: cannot be refreshed
	TokenVersion  int64  // raised by each refresh
	Lifetime      time.Duration
	Left          time.Duration // until ExpiresAt; negative once past
	Refreshing    bool          // somebody holds the claim on its refresh
}

// SessionLimits end sessions: Idle after the last use, Max after the sign-in.
type SessionLimits struct {
	Idle time.Duration
	Max  time.Duration
}
