package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"storelink/internal/api"
	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/devdb"
	"storelink/internal/sandbox"
	"storelink/internal/store"
	"storelink/web"
)

// stackOptions say where a development stack listens and keeps its state. A port that is taken gives way to the next
// free one; port 0 takes any.
type stackOptions struct {
	dir          string
	publicAddr   string
	internalAddr string
	sandboxAddr  string
	databaseURL  string // empty: a private server in dir
	sandboxRate  int
	logger       *slog.Logger
	say          func(format string, args ...any)
}

// stack is the service with all that it needs, in one process tree: a database server, the sandbox, one replica.
type stack struct {
	o          stackOptions
	secrets    devSecrets
	database   *devdb.Server
	sandbox    *sandbox.Sandbox
	upstream   *http.Server
	service    *service
	publicURL  string
	consoleURL string
	sandboxURL string
	closers    []func()
}

// devSecrets are made once per state folder, so that what was sealed stays readable between runs.
type devSecrets struct {
	Keyset     string `json:"keyset"`
	AdminToken string `json:"adminToken"`
	AdminHash  string `json:"adminHash"`
	ReadToken  string `json:"readToken"`
	ReadHash   string `json:"readHash"`
}

// startStack starts everything. stop must be called on what it returns, also with an error.
func startStack(ctx context.Context, o stackOptions) (*stack, error) {
	s := &stack{o: o}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return s, fmt.Errorf("make the state folder: %w", err)
	}
	for _, step := range []func(context.Context) error{s.readSecrets, s.startDatabase, s.startSandbox, s.startService} {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// stop ends everything in the opposite order.
func (s *stack) stop() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

func (s *stack) readSecrets(context.Context) error {
	path := filepath.Join(s.o.dir, "secrets.json")
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if s.secrets.Keyset, err = auth.NewKeyset(); err != nil {
			return err
		}
		s.secrets.AdminToken, s.secrets.AdminHash = newAdminToken("dev", config.RoleOperate)
	case err != nil:
		return fmt.Errorf("read secrets: %w", err)
	default:
		if err := json.Unmarshal(content, &s.secrets); err != nil {
			return fmt.Errorf("read secrets: %w", err)
		}
	}
	if s.secrets.ReadToken != "" {
		return nil
	}
	s.secrets.ReadToken, s.secrets.ReadHash = newAdminToken("dev-read", config.RoleRead)
	if content, err = json.Marshal(s.secrets); err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	return nil
}

func (s *stack) startDatabase(ctx context.Context) error {
	if s.o.databaseURL == "" {
		database, err := devdb.Start(ctx, devdb.Options{Dir: filepath.Join(s.o.dir, "postgres"), Logger: s.o.logger})
		if err != nil {
			return fmt.Errorf("start the database: %w", err)
		}
		s.database = database
		s.o.databaseURL = database.URL()
		s.closers = append(s.closers, func() {
			stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := database.Stop(stopping); err != nil {
				s.o.say("the database did not stop: %v", err)
			}
		})
	}
	return store.Migrate(s.o.databaseURL)
}

func (s *stack) startSandbox(ctx context.Context) error {
	box := sandbox.New(sandbox.Options{
		RatePerSecond: s.o.sandboxRate, StateFile: filepath.Join(s.o.dir, "sandbox.json"), Logger: s.o.logger,
	})
	s.sandbox = box
	listener, err := s.listen(ctx, s.o.sandboxAddr)
	if err != nil {
		return err
	}
	s.sandboxURL = "http://" + listener.Addr().String()
	s.upstream = api.NewHTTPServer(box.Handler(), s.o.logger)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.upstream.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.o.say("the sandbox ended: %v", err)
		}
	}()
	s.closers = append(s.closers, func() {
		_ = s.upstream.Close() // an upstream that goes away answers nobody
		<-done
		if err := box.Close(); err != nil {
			s.o.say("the sandbox's state was not kept: %v", err)
		}
	})
	return nil
}

func (s *stack) startService(ctx context.Context) error {
	public, err := s.listen(ctx, s.o.publicAddr)
	if err != nil {
		return err
	}
	internal, err := s.listen(ctx, s.o.internalAddr)
	if err != nil {
		return err
	}
	// Another name than the sandbox's, so that browsers treat the two as the different sites that they are.
	s.publicURL = "http://localhost:" + port(public)
	s.consoleURL = "http://" + internal.Addr().String()
	s.sandbox.AddRedirectURI(s.publicURL + "/auth/callback")
	err = s.sandbox.SetWebhooks(sandbox.WebhookSettings{URL: s.publicURL + "/webhooks/otter"})
	if err != nil {
		return err
	}
	settings, err := s.settings()
	if err != nil {
		return err
	}
	s.service, err = startService(ctx, parts{
		settings: settings, public: public, internal: internal, page: web.FS(), tokenPerMinute: 1000, logger: s.o.logger,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.service.stop)
	return nil
}

func (s *stack) settings() (*config.Settings, error) {
	settings, err := config.Defaults()
	if err != nil {
		return nil, err
	}
	settings.PublicURL, settings.UpstreamURL, settings.DatabaseURL = s.publicURL, s.sandboxURL, s.o.databaseURL
	settings.ClientID, settings.ClientSecret = sandbox.DefaultClientID, sandbox.DefaultClientSecret
	settings.InternalURL = s.consoleURL
	settings.Keyset, settings.LocalIDs = s.secrets.Keyset, "open"
	settings.AdminTokens = s.secrets.AdminHash + "," + s.secrets.ReadHash
	settings.WebhookSecrets = sandbox.DefaultWebhookSecret
	settings.AppName = "Acme POS"
	if s.o.sandboxRate > 0 {
		settings.UpstreamRate = float64(s.o.sandboxRate) // no faster, and no slower
	}
	err = settings.Check()
	return settings, err
}

// listen opens the address, or the next free port above it. It is on loopback: what the stack serves, with its
// well-known secrets, is for this machine alone.
func (s *stack) listen(ctx context.Context, address string) (net.Listener, error) {
	host, first, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the address %s cannot be read: %w", address, err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the address %s is not on loopback, such as 127.0.0.1:8080", address)
	}
	number, err := strconv.Atoi(first)
	if err != nil {
		return nil, fmt.Errorf("the port of %s is no number", address)
	}
	for next := number; ; next++ {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(next)))
		if err == nil {
			if next != number {
				s.o.say("port %d is taken: using %d", number, next)
			}
			return listener, nil
		}
		if next >= number+100 || number == 0 {
			return nil, fmt.Errorf("no free port from %s on: %w", address, err)
		}
	}
}

func port(l net.Listener) string {
	_, p, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	return p
}
