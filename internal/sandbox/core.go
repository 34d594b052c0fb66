package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"sync"
	"time"
)

// HeldMode says how a POST is answered whose local id another store of the application holds. The real answer is not
// documented. The zero value is HeldConflict.
type HeldMode string

// The modes.
const (
	HeldConflict      HeldMode = "conflict"      // 409
	HeldUnprocessable HeldMode = "unprocessable" // 422
	HeldAccept        HeldMode = "accept"        // 204: both stores hold it
)

func (m HeldMode) orDefault() HeldMode {
	if m == "" {
		return HeldConflict
	}
	return m
}

// Detail says what is wrong with one attribute of a request.
type Detail struct {
	Attribute string `json:"attribute"`
	Message   string `json:"message"`
}

// RefusalError is an answer that is not a success, in the error shape of the upstream contract.
type RefusalError struct {
	Status  int      `json:"-"`
	Message string   `json:"message"`
	Details []Detail `json:"details,omitempty"`
	Code    string   `json:"error,omitempty"` // RFC 6749 section 5.2; token endpoint only
}

// Error returns the message.
func (r *RefusalError) Error() string { return r.Message }

func refuse(status int, message string, details ...Detail) *RefusalError {
	return &RefusalError{Status: status, Message: message, Details: details}
}

// Core is the upstream's state and rules without HTTP. Its refusals are *RefusalError. It is safe for concurrent use; every
// call takes effect at one instant.
type Core struct {
	clock func() time.Time
	world *world // never changes

	mu          sync.Mutex
	app         application
	held        HeldMode
	connections map[string]string          // store id → local id
	holders     map[string]map[string]bool // local id → ids of the stores that hold it
	codes       map[string]*authCode       // by fingerprint, as the next two
	tokens      map[string]*accessToken
	refreshes   map[string]*refreshToken
	requests    map[string]pendingRequest // authorize calls whose consent page is open
	prunedAt    time.Time
	onChange    func() // called with mu held
}

// NewCore returns a core in its seeded state. Of the options it reads the client, the redirect URIs, HeldID and Clock.
func NewCore(o Options) *Core {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	c := &Core{
		clock:       o.Clock,
		world:       seeded(),
		app:         newApplication(o),
		held:        o.HeldID.orDefault(),
		connections: map[string]string{},
		holders:     map[string]map[string]bool{},
		codes:       map[string]*authCode{},
		tokens:      map[string]*accessToken{},
		refreshes:   map[string]*refreshToken{},
		requests:    map[string]pendingRequest{},
		onChange:    func() {},
	}
	for storeID, localID := range c.world.connected {
		c.connect(storeID, localID)
	}
	return c
}

// SetHeldMode changes how held ids are answered from now on.
func (c *Core) SetHeldMode(m HeldMode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = m.orDefault()
}

// Principal is who a valid access token speaks for.
type Principal struct {
	account *account // nil: the application itself, which belongs to no organization
	scopes  []string
}

// Account is the name of the principal's account; empty for the application itself.
func (p *Principal) Account() string {
	if p == nil || p.account == nil {
		return ""
	}
	return p.account.Name
}

// Authenticate checks an access token and that it carries scope. It refuses with 401 a token that is unknown, revoked or
// expired, and with 403 one without the scope or without a user; the principal comes with a 403 too.
func (c *Core) Authenticate(token, scope string) (*Principal, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.tokens[fingerprint(token)]
	if token == "" || !ok || !c.clock().Before(t.ExpiresAt) {
		return nil, refuse(http.StatusUnauthorized, "The access token is missing, expired or not valid.")
	}
	p := &Principal{account: c.world.account(t.Account), scopes: t.Scopes}
	if !slices.Contains(t.Scopes, scope) {
		return p, refuse(http.StatusForbidden, "The access token lacks the scope "+scope+".")
	}
	if p.account == nil {
		return p, refuse(http.StatusForbidden, "The access token names no user of an organization.")
	}
	return p, nil
}

// Connected returns the local id that the store is connected to, and whether it is connected.
func (c *Core) Connected(storeID string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	localID, ok := c.connections[storeID]
	return localID, ok
}

// SetConnection connects a store by hand, over whatever was there. It reports whether there is such a store.
func (c *Core) SetConnection(storeID, localID string) bool {
	if !c.world.hasStore(storeID) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disconnect(storeID)
	c.connect(storeID, localID)
	return true
}

// RemoveConnection disconnects a store by hand. It reports whether it was connected.
func (c *Core) RemoveConnection(storeID string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.disconnect(storeID)
}

func (c *Core) connect(storeID, localID string) {
	c.connections[storeID] = localID
	if c.holders[localID] == nil {
		c.holders[localID] = map[string]bool{}
	}
	c.holders[localID][storeID] = true
	c.onChange()
}

func (c *Core) disconnect(storeID string) bool {
	localID, ok := c.connections[storeID]
	if !ok {
		return false
	}
	delete(c.connections, storeID)
	delete(c.holders[localID], storeID)
	if len(c.holders[localID]) == 0 {
		delete(c.holders, localID)
	}
	c.onChange()
	return true
}

// fingerprint is what a token or code is known by here, so that neither memory dumps nor the state file hold one.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
