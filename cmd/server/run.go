package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"storelink/internal/api"
	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/directory"
	"storelink/internal/onboard"
	"storelink/internal/store"
	"storelink/internal/upstream"
	"storelink/internal/webhook"

	"storelink"
)

const (
	stopRequests = 3 * time.Second // how long requests may finish when the process is to end
	choreEvery   = time.Minute
	foldEvery    = time.Second // how often the changes of the counts are added up
)

// parts is what a service is built from. Listeners are open already, so that their addresses are known.
type parts struct {
	settings       *config.Settings
	public         net.Listener
	internal       net.Listener
	page           fs.FS
	tokenPerMinute int // of the token endpoint's budget; 0: upstream's
	logger         *slog.Logger
}

// service is a running replica: two listeners, the workers, the chores.
type service struct {
	db      *store.DB
	tree    *directory.Service
	servers []*http.Server
	api     *api.Server
	logger  *slog.Logger
	metrics *instruments
	traces  *traces

	stopWork  context.CancelFunc
	stopChore context.CancelFunc
	group     sync.WaitGroup
	failed    chan error
}

// startService wires the rooms together and starts them: database, clients, workers, and the listeners last. stop must
// be called on what it returns.
func startService(ctx context.Context, p parts) (*service, error) {
	p.logger = slog.New(traceLogs{p.logger.Handler()})
	metrics := newInstruments()
	spans, err := newTraces(ctx, p.settings.TracesURL(), p.logger)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, p.settings.DatabaseURL, store.Options{Metrics: metrics.store, Traces: spans.of()})
	if err != nil {
		spans.stop(p.logger)
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &service{db: db, logger: p.logger, metrics: metrics, traces: spans, failed: make(chan error, 2)}
	if err := s.build(ctx, p); err != nil {
		db.Close()
		spans.stop(p.logger)
		return nil, err
	}
	return s, nil
}

func (s *service) build(ctx context.Context, p parts) error {
	if err := s.db.CheckSchema(ctx); err != nil {
		return err
	}
	figures := s.db.Figures(store.FiguresOptions{
		Egress: p.settings.Egress, Rate: p.settings.UpstreamRate, DriftInterval: p.settings.DriftInterval,
	})
	if err := s.metrics.watch(figures); err != nil {
		return err
	}
	client, err := newClient(ctx, s.db, p.settings, s.metrics.upstream, s.traces)
	if err != nil {
		return err
	}
	signin, err := newAuth(s.db, client, p, s.metrics.auth, s.traces)
	if err != nil {
		return err
	}
	s.tree = directory.New(directory.Options{
		Upstream: client, Snapshot: s.db, Candidates: s.db, Tokens: signin, CacheTTL: p.settings.CacheTTL, Logger: p.logger,
	})
	workers := onboard.NewWorkers(onboard.WorkersOptions{
		Queue: s.db, Ledger: s.db, Upstream: client, Tokens: signin,
		UpstreamTimeout: p.settings.UpstreamTimeout, Logger: p.logger, Metrics: s.metrics.onboard, Traces: s.traces.of(),
		Drift: onboard.Drift{Interval: p.settings.DriftInterval, Policy: storelink.DriftPolicy(p.settings.DriftPolicy)},
	})
	runs := onboard.New(onboard.Options{Runs: s.db, Previews: s.db, Looks: client, Tokens: signin, Wake: workers.Wake})
	hooks := webhook.New(webhook.Options{Secrets: p.settings.Webhooks(), Ledger: s.db, Metrics: s.metrics.webhook})
	server, err := newAPI(p, rooms{db: s.db, figures: figures, signin: signin, tree: s.tree, runs: runs, hooks: hooks, metrics: s.metrics, traces: s.traces})
	if err != nil {
		return err
	}
	s.start(ctx, p, server, workers, runs, signin)
	return nil
}

// start runs everything that goes on by itself. Workers end before the listeners of notifications and the chores do.
func (s *service) start(ctx context.Context, p parts, server *api.Server, workers *onboard.Workers, runs *onboard.Service, signin *auth.Service) {
	var work, chores context.Context
	work, s.stopWork = context.WithCancel(context.WithoutCancel(ctx))
	chores, s.stopChore = context.WithCancel(context.WithoutCancel(ctx))
	s.group.Go(func() { workers.Run(work) })
	s.group.Go(func() {
		if err := store.Listen(chores, p.settings.DatabaseURL, p.logger, workers.Wake, runs.Changed); err != nil {
			p.logger.Error("listening for notifications ended", "error", err)
		}
	})
	s.group.Go(func() { s.sweep(chores, signin) })
	s.group.Go(func() { s.fold(chores) })
	s.api = server
	s.serve(p.public, server.Public())
	s.serve(p.internal, server.Internal())
}

func (s *service) serve(listener net.Listener, handler http.Handler) {
	server := api.NewHTTPServer(handler, s.logger)
	s.servers = append(s.servers, server)
	s.group.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", listener.Addr(), err)
		}
	})
}

// sweep does the chores by the clock. They are deletes that any number of replicas may run at once.
func (s *service) sweep(ctx context.Context, signin *auth.Service) {
	ticker := time.NewTicker(choreEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			chores := []error{
				signin.Sweep(ctx), s.db.SweepIdempotencyKeys(ctx), s.db.SweepCounts(ctx), s.db.SweepWebhooks(ctx),
			}
			if err := errors.Join(chores...); err != nil && ctx.Err() == nil {
				s.logger.Warn("chores", "error", err)
			}
		}
	}
}

// fold adds up the changes of the counts. It says once that it cannot, not every second.
func (s *service) fold(ctx context.Context) {
	ticker := time.NewTicker(foldEvery)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := s.db.FoldCounts(ctx)
			if err != nil && !failing && ctx.Err() == nil {
				s.logger.Warn("fold counts", "error", err)
			}
			failing = err != nil
		}
	}
}

// wait returns when ctx ends, or with the error of a listener that broke.
func (s *service) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// stop ends the replica within 10 s: no new requests and claims; running passes finish or hand their lease back.
func (s *service) stop() {
	s.stopWork()
	s.api.EndStreams()
	ctx, cancel := context.WithTimeout(context.Background(), stopRequests)
	defer cancel()
	var closing sync.WaitGroup
	for _, server := range s.servers {
		closing.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				_ = server.Close() // requests that did not finish in time are cut
			}
		})
	}
	closing.Wait()
	s.stopChore()
	s.group.Wait()
	s.tree.Close()
	s.db.Close()
	s.traces.stop(s.logger)
}

func newClient(ctx context.Context, db *store.DB, settings *config.Settings, metrics *upstream.Metrics, spans *traces) (*upstream.Client, error) {
	budget, err := db.Budget(ctx, settings.Egress, settings.UpstreamRate)
	if err != nil {
		return nil, err
	}
	return upstream.New(upstream.Options{
		BaseURL: settings.UpstreamURL, Timeout: settings.UpstreamTimeout, Budget: budget, Metrics: metrics, Traces: spans.of(),
	})
}

func newAuth(db *store.DB, client *upstream.Client, p parts, metrics *auth.Metrics, spans *traces) (*auth.Service, error) {
	sealer, err := auth.NewSealer(p.settings.Keyset)
	if err != nil {
		return nil, &config.Error{Setting: "STORELINK_KEYSET", Problem: "must be a keyset made by `storelink keyset new`"}
	}
	return auth.New(auth.Options{
		Store: db, Organizations: client, Sealer: sealer,
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret,
		AuthorizeURL: p.settings.AuthorizeURL, TokenURL: p.settings.TokenURL, RedirectURL: p.settings.RedirectURL(),
		Scopes: storelink.SplitScopes(p.settings.Scopes), TrustedOrigins: p.settings.Origins(),
		SessionLimits: storelink.SessionLimits{Idle: p.settings.SessionIdle, Max: p.settings.SessionMax},
		Egress:        p.settings.Egress, TokenPerMinute: p.tokenPerMinute, TokenTimeout: p.settings.UpstreamTimeout, Metrics: metrics,
		Traces: spans.of(),
	})
}

// rooms are what the listeners are built over.
type rooms struct {
	db      *store.DB
	figures *store.Figures
	signin  *auth.Service
	tree    *directory.Service
	runs    *onboard.Service
	hooks   *webhook.Service
	metrics *instruments
	traces  *traces
}

func newAPI(p parts, r rooms) (*api.Server, error) {
	key, err := hkdf.Key(sha256.New, []byte(p.settings.ClientSecret), nil, "storelink cursors", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive cursor key: %w", err)
	}
	var tokens []api.AdminToken
	for _, t := range p.settings.Tokens() {
		tokens = append(tokens, api.AdminToken{Name: t.Name, Role: api.Role(t.Role), SHA256: t.SHA256})
	}
	return api.New(api.Options{
		PublicURL: p.settings.PublicOrigin(), InternalURL: p.settings.ConsoleOrigin(),
		TrustedOrigins: p.settings.Origins(), TrustedProxies: p.settings.Proxies(),
		AdminTokens: tokens, LocalIDs: api.LocalIDs(p.settings.LocalIDs), SessionMax: p.settings.SessionMax,
		ApplicationName: p.settings.AppName, ApplicationLogo: p.settings.AppLogo, Accent: p.settings.AppAccent, CursorKey: key,
		Auth: r.signin, Directory: r.tree, Onboard: r.runs, Mappings: r.db,
		Acts: r.db, BulkActs: r.db, Organizations: r.db, Grants: r.db, Stats: r.figures, Webhooks: r.hooks, Unmatched: r.db,
		LocalStores: r.db, Catalogue: r.db, Connects: r.db,
		Ready: r.db.CheckSchema, SPA: p.page, Logger: p.logger,
		Metrics: r.metrics.api, Gatherer: r.metrics.registry, Traces: r.traces.of(),
	})
}
