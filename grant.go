package storelink

import (
	"log/slog"
	"slices"
	"strings"
	"time"
)

// The scopes of upstream's Organization domain.
const (
	ScopeRead    = "organization.read"
	ScopeConnect = "organization.service_integration"
)

// GrantState says whether a grant can be used.
type GrantState string

// The states of a grant.
const (
	GrantActive                  GrantState = "active"
	GrantReauthorizationRequired GrantState = "reauthorization_required"
)

// Grant is one user's consent for an organization, without its tokens. A grant is never deleted because a call failed:
// it is marked, and Reason says why.
type Grant struct {
	ID             string
	OrganizationID string
	Scopes         []string
	State          GrantState
	Reason         string // why it is not active, safe to show; "" while it is
	ExpiresAt      time.Time
	Refreshable    bool
	CreatedAt      time.Time
}

// GrantRecord is a grant as operators see it.
type GrantRecord struct {
	Grant
	Organization Organization
	RefreshedAt  *time.Time // nil: never
	Sessions     int        // browsers that are signed in by it
}

// GrantFilter selects grants. Empty fields do not filter.
type GrantFilter struct {
	OrganizationID string
	State          GrantState
	Page           Page // oldest first
}

// GrantHealth sums up an organization's grants.
type GrantHealth struct {
	Active    int
	Ended     int
	ExpiresAt *time.Time // of the active one that expires last
}

// Allows reports whether the grant holds the scope.
func (g Grant) Allows(scope string) bool { return slices.Contains(g.Scopes, scope) }

// SplitScopes splits a space separated scope list (RFC 6749 section 3.3).
func SplitScopes(s string) []string { return strings.Fields(s) }

// AccessToken is a usable token with the grant that it belongs to. It never prints its value.
type AccessToken struct {
	GrantID        string
	OrganizationID string // empty while it is not known yet
	Value          string
	Scopes         []string
	ExpiresAt      time.Time // of the token
	Lasting        bool      // a refresh can replace it when it ends
}

// String hides the token from logs and dumps.
func (AccessToken) String() string { return "[token]" }

// GoString hides the token from logs and dumps.
func (AccessToken) GoString() string { return "[token]" }

// Session is a signed-in browser.
type Session struct {
	ID           string // row id; not the cookie
	Organization Organization
	Grant        Grant
	Permission   *Permission // nil: no connect session was ever redeemed with it
	CreatedAt    time.Time
}

// LogValue hides the token from slog.
func (AccessToken) LogValue() slog.Value { return slog.StringValue("[token]") }

// MarshalJSON hides the token from JSON.
func (AccessToken) MarshalJSON() ([]byte, error) { return []byte(`"[token]"`), nil }
