package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"

	"storelink/internal/auth"
	"storelink/internal/config"
	"storelink/internal/sandbox"
	"storelink/web"
)

type serveCommand struct {
	config.Settings
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context) error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.ClientSecret == sandbox.DefaultClientSecret {
		return &config.Error{Setting: "STORELINK_CLIENT_SECRET", Problem: "must not be the sandbox's well-known secret"}
	}
	if slices.Contains(c.Webhooks(), sandbox.DefaultWebhookSecret) {
		return &config.Error{Setting: "STORELINK_WEBHOOK_SECRETS", Problem: "must not be the sandbox's well-known secret"}
	}
	if _, err := auth.NewSealer(c.Keyset); err != nil { // before anything is opened
		return &config.Error{Setting: "STORELINK_KEYSET", Problem: "must be a keyset made by `storelink keyset new`"}
	}
	logger := newLogger(c.LogLevel)
	public, err := listen(ctx, "STORELINK_PUBLIC_ADDR", c.PublicAddr)
	if err != nil {
		return err
	}
	internal, err := listen(ctx, "STORELINK_INTERNAL_ADDR", c.InternalAddr)
	if err != nil {
		return err
	}
	s, err := startService(ctx, parts{settings: &c.Settings, public: public, internal: internal, page: web.FS(), logger: logger})
	if err != nil {
		return err
	}
	logger.Info("ready", "version", version, "public", public.Addr().String(), "internal", internal.Addr().String(),
		"redirectURL", c.RedirectURL())
	err = s.wait(ctx)
	logger.Info("stopping")
	s.stop()
	return err
}

func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return listener, nil
}

func newLogger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: l}))
}
