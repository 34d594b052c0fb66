// Package sandbox is a faithful, strict stand-in for the upstream: OAuth endpoints with a consent page, the Organization
// domain with its paging, limits and error bodies, seeded accounts, and faults on demand. Where the upstream contract is
// silent it takes the stricter reading, so that a client that works here relies on nothing undocumented.
//
// Core holds the state and the rules and knows nothing of HTTP; Sandbox puts HTTP, limits, latency, faults, a record of
// calls and a control path around it. For development and tests only: its secrets are well known.
package sandbox

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The client that a sandbox knows where Options name no other.
const (
	DefaultClientID     = "sandbox-client"
	DefaultClientSecret = "sandbox-secret"
)

// Options configures a sandbox. Zero value: no rate limits, no latency, held ids refused with 409, no redirect URI known.
type Options struct {
	ClientID, ClientSecret string           // default DefaultClientID and DefaultClientSecret
	RedirectURIs           []string         // accepted exactly as they stand here
	RatePerSecond          int              // authenticated calls in any sliding second, per application and address; 0 = off
	TokenPerMinute         int              // calls of the token endpoint in any sliding minute, per address; 0 = off
	StorePerMinute         int              // calls of one method on one store in any sliding minute; 0 = off
	HeldID                 HeldMode         // what a local id that another store holds is answered with
	Latency                time.Duration    // before each answer, after its effect
	Clock                  func() time.Time // default time.Now; token and code lifetimes and the limits' windows go by it
	Logger                 *slog.Logger     // default: none
	StateFile              string           // where tokens, codes and connections are kept over restarts; empty: nowhere
}

// Sandbox is a stand-in upstream. It is safe for concurrent use.
type Sandbox struct {
	core    *Core
	clock   func() time.Time
	log     *slog.Logger
	routes  http.Handler
	control http.Handler
	limits  limits
	faults  faultList
	calls   callLog
	file    *stateFile

	mu       sync.Mutex // guards what follows
	settings Settings
	webhooks WebhookSettings
	held     []WebhookEvent // kept back, to be sent in another order
	closed   bool
	closing  chan struct{}
	late     sync.WaitGroup
}

// New returns a sandbox with its seeded accounts, and the state of an earlier one where Options.StateFile holds it. A
// state file that cannot be read is logged and replaced. Close it when done.
func New(o Options) *Sandbox {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{
		core:    NewCore(o),
		clock:   o.Clock,
		log:     o.Logger,
		closing: make(chan struct{}),
		settings: Settings{
			RatePerSecond: o.RatePerSecond, TokenPerMinute: o.TokenPerMinute, StorePerMinute: o.StorePerMinute,
			HeldID: o.HeldID.orDefault(), LatencyMS: o.Latency.Milliseconds(),
		},
	}
	s.routes = s.upstreamRoutes()
	s.control = s.controlRoutes()
	if o.StateFile != "" {
		s.file = openStateFile(o.StateFile, s.core, o.Logger)
	}
	return s
}

// Core returns the state behind the sandbox, for callers that want no HTTP in between.
func (s *Sandbox) Core() *Core { return s.core }

// Handler serves the upstream surface with its consent page, and the control path under /_sandbox/.
func (s *Sandbox) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPath) {
			s.control.ServeHTTP(w, r)
			return
		}
		s.serve(w, r)
	})
}

// Close ends hanging calls, drops effects that are still to come, and writes the state file. It returns the error of that
// last write. The sandbox's handler must not be used afterwards.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.closing)
	s.mu.Unlock()
	s.late.Wait()
	if s.file == nil {
		return nil
	}
	return s.file.close()
}

// Accounts lists the accounts that the consent page offers, always in the same order.
func (s *Sandbox) Accounts() []Account { return s.core.Accounts() }

// Stores lists the stores of an account's organization, brand by brand; nil where there is no such account.
func (s *Sandbox) Stores(account string) []Store { return s.core.Stores(account) }

// AddRedirectURI makes the authorize endpoint accept uri, exactly as given.
func (s *Sandbox) AddRedirectURI(uri string) { s.core.AddRedirectURI(uri) }

// IssueToken gives out an access token of the account as if its user had just consented to every scope. It returns an
// error where there is no such account.
func (s *Sandbox) IssueToken(account string) (TokenAnswer, error) { return s.core.IssueToken(account) }

// RevokeTokens ends every token and refresh token of the account, as its user can at Otter.
func (s *Sandbox) RevokeTokens(account string) { s.core.RevokeTokens(account) }

// Connection returns the local id that the store is connected to, and whether it is connected at all.
func (s *Sandbox) Connection(storeID string) (string, bool) { return s.core.Connected(storeID) }

// SetConnection connects the store to localID as a person does by hand at Otter: over whatever was there and whoever holds
// the id. It reports whether there is such a store. A webhook tells of it, as of a removal.
func (s *Sandbox) SetConnection(storeID, localID string) bool {
	if !s.core.SetConnection(storeID, localID) {
		return false
	}
	s.Tell("stores.upsert", storeID, localID)
	return true
}

// RemoveConnection disconnects the store as a person does by hand at Otter. It reports whether it was connected.
func (s *Sandbox) RemoveConnection(storeID string) bool {
	localID, _ := s.core.Connected(storeID)
	if !s.core.RemoveConnection(storeID) {
		return false
	}
	s.Tell("stores.remove", storeID, localID)
	return true
}

// Calls returns the latest upstream calls (at most 10,000), oldest first. A call is in it from its arrival on.
func (s *Sandbox) Calls() []Call { return s.calls.list() }

// ResetCalls forgets the recorded calls.
func (s *Sandbox) ResetCalls() { s.calls.reset() }

// Inject adds a fault. Faults are tried in the order of their injection. It panics where f is not valid, as that is a
// mistake in a test.
func (s *Sandbox) Inject(f Fault) {
	if err := s.faults.add(f); err != nil {
		panic("sandbox: " + err.Error())
	}
}

// ClearFaults removes every fault that has not been used up. Effects that are already on their way still come.
func (s *Sandbox) ClearFaults() { s.faults.clear() }
