package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"storelink/internal/api"
	"storelink/internal/sandbox"
)

type sandboxCommand struct {
	Addr             string        `default:"127.0.0.1:8082" env:"STORELINK_SANDBOX_ADDR" help:"Where to listen."`
	ClientID         string        `default:"sandbox-client" env:"STORELINK_CLIENT_ID" help:"The OAuth client id that is known."`
	ClientSecret     string        `default:"" env:"STORELINK_CLIENT_SECRET" help:"Its secret."`
	ClientSecretFile string        `env:"STORELINK_CLIENT_SECRET_FILE" help:"File that holds the secret."`
	RedirectURI      []string      `name:"redirect-uri" env:"STORELINK_SANDBOX_REDIRECT_URIS" help:"Registered redirect URIs, exact."`
	Rate             int           `default:"20" help:"Authenticated calls in any second; 0: no limit."`
	TokenRate        int           `default:"0" help:"Calls to the token endpoint in a minute; 0: no limit."`
	Held             string        `default:"conflict" enum:"conflict,unprocessable,accept" help:"What an id that another store holds is answered with: conflict (409), unprocessable (422) or accept (204)."`
	Latency          time.Duration `help:"Time before each answer."`
	WebhookURL       string        `env:"STORELINK_SANDBOX_WEBHOOK_URL" help:"Where webhooks are sent, on loopback; none without."`
	WebhookSecret    string        `env:"STORELINK_SANDBOX_WEBHOOK_SECRET" help:"What signs them. Default: a well-known one."`
	StateFile        string        `help:"Keep accounts, tokens and connections in this file."`
}

// Run serves the stand-in upstream until ctx ends.
func (c *sandboxCommand) Run(ctx context.Context) error {
	secret, err := c.secret()
	if err != nil {
		return err
	}
	s := sandbox.New(sandbox.Options{
		ClientID: c.ClientID, ClientSecret: secret, RedirectURIs: c.RedirectURI, RatePerSecond: c.Rate, TokenPerMinute: c.TokenRate,
		HeldID: heldMode(c.Held), Latency: c.Latency, StateFile: c.StateFile, Logger: newLogger("info"),
	})
	if err := s.SetWebhooks(sandbox.WebhookSettings{URL: c.WebhookURL, Secret: c.WebhookSecret}); err != nil {
		return fmt.Errorf("STORELINK_SANDBOX_WEBHOOK_URL: %w", err)
	}
	listener, err := listen(ctx, "STORELINK_SANDBOX_ADDR", c.Addr)
	if err != nil {
		return err
	}
	fmt.Printf("sandbox at http://%s\n", listener.Addr())
	server := api.NewHTTPServer(s.Handler(), newLogger("info"))
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err := <-done:
		return fmt.Errorf("serve the sandbox: %w", err)
	}
	_ = server.Close() // an upstream that goes away answers nobody
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the sandbox: %w", err)
	}
	return s.Close()
}

func (c *sandboxCommand) secret() (string, error) {
	if c.ClientSecretFile != "" {
		content, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return "", fmt.Errorf("read the client secret: %w", err)
		}
		return strings.TrimSpace(string(content)), nil
	}
	if c.ClientSecret == "" {
		return sandbox.DefaultClientSecret, nil
	}
	return c.ClientSecret, nil
}

func heldMode(name string) sandbox.HeldMode {
	return map[string]sandbox.HeldMode{
		"conflict": sandbox.HeldConflict, "unprocessable": sandbox.HeldUnprocessable, "accept": sandbox.HeldAccept,
	}[name]
}
