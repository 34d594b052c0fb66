// Package auth signs browsers in through upstream's consent, keeps their sessions, and hands out the tokens of their
// grants. It knows neither HTTP handlers nor SQL: cookies come in and go out as values, rows through its Store.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"storelink"
)

// SigninTTL is how long a browser may take over consent; its sign-in cookie lives as long.
const SigninTTL = 10 * time.Minute

// Store is all that auth keeps. A *store.DB is one.
type Store interface {
	SigninStore
	SessionStore
	AdminSessionStore
	GrantStore
	TokenBudget
	ConnectStore
}

// Organizations names the organization of a token's user: the only thing that upstream says about a user.
type Organizations interface {
	Organization(ctx context.Context, token storelink.AccessToken) (storelink.Organization, error)
}

// Options are what a Service needs. All without a default named are required.
type Options struct {
	Store          Store
	Organizations  Organizations
	Sealer         *Sealer
	ClientID       string
	ClientSecret   string
	AuthorizeURL   string
	TokenURL       string
	RedirectURL    string // of the callback, exactly as registered
	Scopes         []string
	TrustedOrigins []string // "https://host[:port]": besides local paths, where a sign-in may return to
	SessionLimits  storelink.SessionLimits
	Egress         string               // the budget's name; "" is "default"
	TokenPerMinute int                  // calls to the token endpoint; 0 is upstream's 3
	TokenTimeout   time.Duration        // of one call to the token endpoint; 0 is 10 s
	Transport      http.RoundTripper    // to the token endpoint; nil: one of its own
	Metrics        *Metrics             // nil: nothing is counted
	Traces         trace.TracerProvider // nil: no spans
}

// Service is the sign-in, session and grant keeper. It is safe for concurrent use, and any number of replicas may share
// one database.
type Service struct {
	store         Store
	organizations Organizations
	sealer        *Sealer
	endpoint      *endpoint
	origins       []string
	limits        storelink.SessionLimits
	egress        string
	perMinute     int
	pauses        pauses
	metrics       *Metrics
}

// New returns a Service, or an error that names the option that is missing.
func New(o Options) (*Service, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Egress == "" {
		o.Egress = "default"
	}
	if o.TokenPerMinute <= 0 {
		o.TokenPerMinute = 3
	}
	if o.TokenTimeout <= 0 {
		o.TokenTimeout = 10 * time.Second
	}
	return &Service{
		store:         o.Store,
		organizations: o.Organizations,
		sealer:        o.Sealer,
		endpoint:      newEndpoint(o),
		origins:       slices.Clone(o.TrustedOrigins),
		limits:        o.SessionLimits,
		egress:        o.Egress,
		perMinute:     o.TokenPerMinute,
		metrics:       o.Metrics,
	}, nil
}

func (o Options) check() error {
	if o.Store == nil || o.Organizations == nil || o.Sealer == nil {
		return errors.New("auth: store, organizations and sealer are required")
	}
	for name, value := range map[string]string{
		"client id": o.ClientID, "client secret": o.ClientSecret, "authorize URL": o.AuthorizeURL,
		"token URL": o.TokenURL, "redirect URL": o.RedirectURL,
	} {
		if value == "" {
			return fmt.Errorf("auth: the %s is required", name)
		}
	}
	if len(o.Scopes) == 0 || o.SessionLimits.Idle <= 0 || o.SessionLimits.Max <= 0 {
		return errors.New("auth: scopes and session limits are required")
	}
	return nil
}

// Sweep deletes sign-ins and sessions that are over. It may be called at any time, by any number of replicas.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.store.SweepSignins(ctx); err != nil {
		return err
	}
	if err := s.store.SweepSessions(ctx, s.limits); err != nil {
		return err
	}
	if err := s.store.SweepConnectSessions(ctx); err != nil {
		return err
	}
	return s.store.SweepAdminSessions(ctx, adminLimits)
}
