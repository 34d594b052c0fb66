package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

type devCommand struct {
	StateDir     string `default:".storelink" help:"Where the database, the sandbox and the secrets are kept between runs."`
	PublicAddr   string `default:"127.0.0.1:8080" help:"Where the wizard and its API listen."`
	InternalAddr string `default:"127.0.0.1:8081" help:"Where the admin API listens."`
	SandboxAddr  string `default:"127.0.0.1:8082" help:"Where the sandbox listens."`
	DatabaseURL  string `env:"STORELINK_DATABASE_URL" help:"Use this database instead of a private one."`
	Rate         int    `default:"20" help:"Authenticated calls that the sandbox takes in any second, and the service makes; 0: the sandbox has no limit."`
	JSON         bool   `help:"Print one line of JSON when ready, and nothing else."`
}

// Run runs the stack until ctx ends.
func (c *devCommand) Run(ctx context.Context) error {
	began := time.Now()
	dir, err := filepath.Abs(c.StateDir)
	if err != nil {
		return fmt.Errorf("find the state folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "storelink.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = log.Close() }()
	say := func(format string, args ...any) {
		if !c.JSON {
			fmt.Printf(format+"\n", args...)
		}
	}
	say("storelink starts: database, sandbox, service …")
	s, err := startStack(ctx, stackOptions{
		dir: dir, publicAddr: c.PublicAddr, internalAddr: c.InternalAddr, sandboxAddr: c.SandboxAddr, databaseURL: c.DatabaseURL,
		sandboxRate: c.Rate, logger: devLogger(log, c.JSON), say: say,
	})
	defer s.stop()
	if err != nil {
		return err
	}
	if c.JSON {
		return s.serveJSON(ctx)
	}
	s.greet(time.Since(began))
	err = s.service.wait(ctx)
	say("\nstopping")
	return err
}

// devLogger writes warnings to the terminal and everything to the log file.
func devLogger(file io.Writer, quiet bool) *slog.Logger {
	handlers := []slog.Handler{slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug})}
	if !quiet {
		handlers = append(handlers, slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return slog.New(slog.NewMultiHandler(handlers...))
}

func (s *stack) serveJSON(ctx context.Context) error {
	err := json.NewEncoder(os.Stdout).Encode(map[string]string{
		"publicUrl": s.publicURL, "internalUrl": s.consoleURL, "sandboxUrl": s.sandboxURL,
		"adminToken": s.secrets.AdminToken, "readToken": s.secrets.ReadToken,
	})
	if err != nil {
		return fmt.Errorf("print addresses: %w", err)
	}
	return s.service.wait(ctx)
}

func (s *stack) greet(took time.Duration) {
	fmt.Printf(`
ready after %.1f s

  the page       %s
  the contract   %s/docs
  the console    %s   (and the admin API, under /admin)
  the sandbox    %s   (stands in for Otter)
  state, logs    %s

sign in with one of the sandbox's accounts:
`, took.Seconds(), s.publicURL, s.publicURL, s.consoleURL, s.sandboxURL, s.o.dir)
	for _, a := range s.sandbox.Accounts() {
		fmt.Printf("  %-12s %s\n", a.Name, a.Description)
	}
	fmt.Printf(`
sign in to the console with one of these tokens:

  %s   to operate
  %s   to read

or find a mapping without it:

  curl -H 'Authorization: Bearer %s' '%s/admin/mappings'

Ctrl-C ends it all.
`, s.secrets.AdminToken, s.secrets.ReadToken, s.secrets.AdminToken, s.consoleURL)
}
