// Package api holds both HTTP listeners: the public one with the wizard and its API, the internal one for operators and
// other services. Handlers are thin and implement interfaces that are generated from openapi.yaml; what every request
// must pass stands in two lists in this file, one for each listener, so that no route can leave a step out.
package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"storelink/internal/api/gen/operator"
	"storelink/internal/api/gen/public"
)

// LocalIDs says which local store ids a session may use.
type LocalIDs string

// The values of LocalIDs.
const (
	LocalIDsOpen    LocalIDs = "open"    // any signed-in organization may use any id
	LocalIDsSession LocalIDs = "session" // only ids that a connect session allows
)

// Options are what the listeners need. Logger, PublicURL, InternalURL, Auth, Directory, Onboard, Mappings, Acts,
// Organizations, Grants, Stats, LocalStores, Catalogue and Ready are required.
type Options struct {
	PublicURL       *url.URL       // the origin that browsers see
	InternalURL     *url.URL       // the console's origin
	TrustedOrigins  []string       // origins that get CORS with credentials, exact
	TrustedProxies  []netip.Prefix // whose X-Forwarded-For counts
	AdminTokens     []AdminToken
	LocalIDs        LocalIDs
	SessionMax      time.Duration // how long a browser keeps the session cookie; 0: until it closes
	ApplicationName string
	ApplicationLogo string // an address, or ""
	Accent          string // a CSS colour, or ""
	CursorKey       []byte // authenticates cursors; the same on every replica

	Auth interface {
		Sessions
		SignIns
		AdminSessions
		ConnectLinks
	}
	Directory interface {
		Brands
		Stores
		Proposals
	}
	Onboard interface {
		Starter
		Runs
		Followed
		AllRuns
	}
	Mappings      Mappings
	Acts          Acts
	BulkActs      BulkActs
	Organizations Organizations
	Grants        Grants
	Webhooks      Webhooks
	Unmatched     Unmatched
	Connects      ConnectSessions
	Stats         Stats
	LocalStores   LocalStores
	Catalogue     Catalogue
	Ready         func(ctx context.Context) error // nil error: database and migrations are as they must be
	SPA           fs.FS                           // the pages: index.html is the wizard's, console.html the console's; nil: none
	Logger        *slog.Logger
	Metrics       *Metrics             // of the requests; nil: they are not counted
	Gatherer      prometheus.Gatherer  // what /metrics shows; nil: nothing
	Traces        trace.TracerProvider // nil: no spans
}

// Server holds the handlers of both listeners.
type Server struct {
	public   http.Handler
	internal http.Handler
	streams  *streams
}

// New builds both listeners. It returns an error where an option cannot be used.
func New(o Options) (*Server, error) {
	if o.PublicURL == nil || o.InternalURL == nil || o.Logger == nil || o.Ready == nil {
		return nil, errors.New("api: PublicURL, InternalURL, Logger and Ready are required")
	}
	if o.Gatherer == nil {
		o.Gatherer = prometheus.NewRegistry()
	}
	contract, err := loadContract()
	if err != nil {
		return nil, err
	}
	streams := newStreams()
	publicHandler, err := newPublic(o, contract, streams)
	if err != nil {
		return nil, err
	}
	internalHandler, err := newInternal(o, contract, streams)
	if err != nil {
		return nil, err
	}
	return &Server{public: publicHandler, internal: internalHandler, streams: streams}, nil
}

// Public returns the handler of the public listener.
func (s *Server) Public() http.Handler { return s.public }

// Internal returns the handler of the internal listener.
func (s *Server) Internal() http.Handler { return s.internal }

// EndStreams ends every stream cleanly: who follows a run comes back to another replica. It is the first step of a
// shutdown, which waits for requests to end.
func (s *Server) EndStreams() { s.streams.end() }

func newPublic(o Options, contract *contract, streams *streams) (http.Handler, error) {
	origins, err := newOrigins(o.TrustedOrigins)
	if err != nil {
		return nil, err
	}
	pages, err := newPages(contract)
	if err != nil {
		return nil, err
	}
	site, err := newSite(o.SPA, "index.html")
	if err != nil {
		return nil, err
	}
	e := newEcho(o)
	e.Use(
		startVisit(e),
		traceRequests(o.Traces),
		logAccess(o.Logger),
		measureRequests(o.Metrics, "public", contract),
		secureHeaders(o.PublicURL, o.ApplicationLogo),
		answerProblems(o.Logger),
		leadBack(contract, o.Logger),
		recoverPanics(),
		limitTime(contract, publicDeadline),
		checkHost(o.PublicURL, forBrowsers),
		allowOrigins(origins),
		refuseCrossSite(origins),
		readBody(contract),
		loadSession(contract, o.Auth),
		checkContract(contract),
		servePages(site),
	)
	cursors := cursors{key: sha256.Sum256(append([]byte("cursor"), o.CursorKey...))}
	public.RegisterHandlers(e, public.NewStrictHandler(publicAPI{
		signInHandlers:     signInHandlers{signIns: o.Auth, sessionMax: o.SessionMax, pages: pages},
		connectHandlers:    connectHandlers{links: o.Auth},
		sessionHandlers:    sessionHandlers{application: application(o), localIDs: o.LocalIDs},
		directoryHandlers:  directoryHandlers{brands: o.Directory, stores: o.Directory, cursors: cursors},
		onboardHandlers:    onboardHandlers{starter: o.Onboard, runs: o.Onboard, localIDs: o.LocalIDs},
		runHandlers:        runHandlers{runs: o.Onboard, cursors: cursors},
		eventHandlers:      eventHandlers{followed: o.Onboard, sessions: o.Auth, streams: streams},
		localStoreHandlers: localStoreHandlers{stores: o.LocalStores, proposals: o.Directory, localIDs: o.LocalIDs, cursors: cursors},
		webhookHandlers:    webhookHandlers{webhooks: o.Webhooks},
		documentHandlers:   documentHandlers{pages: pages},
	}, nil))
	return headAsGet(e), nil
}

func newInternal(o Options, contract *contract, streams *streams) (http.Handler, error) {
	origins, err := newOrigins(nil)
	if err != nil {
		return nil, err
	}
	tokens, err := newTokens(o.AdminTokens)
	if err != nil {
		return nil, err
	}
	site, err := newSite(o.SPA, "console.html")
	if err != nil {
		return nil, err
	}
	e := newEcho(o)
	e.Use(
		startVisit(e),
		traceRequests(o.Traces),
		logAccess(o.Logger),
		measureRequests(o.Metrics, "internal", contract),
		secureHeaders(o.InternalURL, ""),
		answerProblems(o.Logger),
		recoverPanics(),
		limitTime(contract, internalDeadline),
		checkHost(o.InternalURL, byAdminCookie),
		refuseCrossSite(origins),
		demandRole(contract, tokens, o.Auth),
		auditChanges(o.Logger),
		readBody(contract),
		checkContract(contract),
		servePages(site),
	)
	cursors := cursors{key: sha256.Sum256(append([]byte("cursor"), o.CursorKey...))}
	exports := make(chan struct{}, maxExports)
	operator.RegisterHandlers(e, operator.NewStrictHandler(operatorAPI{
		mappingHandlers:        mappingHandlers{mappings: o.Mappings, cursors: cursors, exports: exports},
		actHandlers:            actHandlers{acts: o.Acts, mappings: o.Mappings, starter: o.Onboard, runs: o.Onboard},
		bulkHandlers:           bulkHandlers{acts: o.BulkActs, runs: o.Onboard},
		allRunHandlers:         allRunHandlers{all: o.Onboard, sessions: o.Auth, runs: o.Onboard, followed: o.Onboard, streams: streams, cursors: cursors},
		organizationHandlers:   organizationHandlers{organizations: o.Organizations, cursors: cursors},
		grantHandlers:          grantHandlers{grants: o.Grants, cursors: cursors},
		statsHandlers:          statsHandlers{stats: o.Stats},
		adminSessionHandlers:   adminSessionHandlers{sessions: o.Auth, tokens: tokens, guesses: &guesses{}},
		catalogueHandlers:      catalogueHandlers{catalogue: o.Catalogue, cursors: cursors, exports: exports, imports: make(chan struct{}, maxImports)},
		connectSessionHandlers: connectSessionHandlers{links: o.Auth, kept: o.Connects, public: o.PublicURL, cursors: cursors},
		unmatchedHandlers:      unmatchedHandlers{unmatched: o.Unmatched, cursors: cursors},
		healthHandlers:         healthHandlers{ready: o.Ready},
		scrapeHandlers:         scrapeHandlers{metrics: o.Gatherer},
	}, nil))
	return headAsGet(e), nil
}

type publicAPI struct {
	signInHandlers
	connectHandlers
	sessionHandlers
	directoryHandlers
	onboardHandlers
	runHandlers
	eventHandlers
	localStoreHandlers
	webhookHandlers
	documentHandlers
}

type operatorAPI struct {
	mappingHandlers
	actHandlers
	bulkHandlers
	allRunHandlers
	organizationHandlers
	grantHandlers
	statsHandlers
	adminSessionHandlers
	unmatchedHandlers
	catalogueHandlers
	connectSessionHandlers
	healthHandlers
	scrapeHandlers
	profileHandlers
}

func newEcho(o Options) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(o.TrustedProxies)
	e.HTTPErrorHandler = func(err error, c echo.Context) { writeProblem(c, o.Logger, err) }
	return e
}

// NewHTTPServer returns a server with the time-outs of both listeners: 5 s for a request's header, 30 s for its body,
// 60 s between requests.
func NewHTTPServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

func newOrigins(trusted []string) (*origins, error) {
	o := &origins{strict: http.NewCrossOriginProtection(), trusting: http.NewCrossOriginProtection(), trusted: trusted}
	for _, origin := range trusted {
		if err := o.trusting.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trusted origin: %w", err)
		}
	}
	return o, nil
}
