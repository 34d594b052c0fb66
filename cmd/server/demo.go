package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

type demoCommand struct {
	Account string `default:"small" help:"The sandbox's account that signs in."`
}

// Run plays the flow and fails where one step does.
func (c *demoCommand) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "storelink-demo-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Println("storelink demo: a throw-away database, sandbox and service on free ports")
	s, err := startStack(ctx, stackOptions{
		dir: dir, publicAddr: "127.0.0.1:0", internalAddr: "127.0.0.1:0", sandboxAddr: "127.0.0.1:0", sandboxRate: 20,
		databaseURL: os.Getenv("STORELINK_DEMO_DATABASE_URL"),
		logger:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		say:         func(format string, args ...any) { fmt.Printf(format+"\n", args...) },
	})
	defer s.stop()
	if err != nil {
		return err
	}
	d := &demo{stack: s, browser: newBrowser(s.publicURL), account: c.Account}
	return d.play(ctx)
}

// demo is one play: what it found goes from step to step.
type demo struct {
	stack   *stack
	browser *browser
	account string
	store   demoStore
	taken   demoStore // connected by hand before
}

type demoStore struct {
	BrandID string `json:"brandId"`
	ID      string `json:"id"`
	Name    string `json:"name"`
}

func (s demoStore) path() string {
	return "/api/brands/" + s.BrandID + "/stores/" + s.ID + "/connection"
}

func (d *demo) play(ctx context.Context) error {
	steps := []struct {
		title string
		calls int // upstream calls on connections that the step must make
		do    func(context.Context) (string, error)
	}{
		{"without a session nothing is readable", 0, d.signedOut},
		{"sign in through consent", 0, d.signIn},
		{"read the organization and its brands", 0, d.readTree},
		{"pick two stores", -1, d.pickStores},
		{"connect a new store", 2, d.onboard("DEMO-1", "", "connected")},
		{"ask for the same again", 1, d.onboard("DEMO-1", "", "unchanged")},
		{"ask for another id without saying what it replaces", 1, d.onboard("DEMO-2", "", "conflict")},
		{"replace the id", 3, d.onboard("DEMO-2", "DEMO-1", "replaced")},
		{"ask for an id that another store uses", 0, d.askTaken},
		{"repeat a request with its Idempotency-Key", 1, d.repeat},
		{"see a connection that a person made by hand", 1, d.legacy},
		{"find the mapping as an operator does", 0, d.lookUp},
		{"disconnect the store", 2, d.disconnect},
		{"sign out", 0, d.signOut},
	}
	for i, step := range steps {
		d.stack.sandbox.ResetCalls()
		began := time.Now()
		said, err := step.do(ctx)
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
		calls, writes := d.upstreamCalls()
		fmt.Printf("\n%2d. %s (%d ms)\n    %s\n", i+1, step.title, time.Since(began).Milliseconds(), said)
		if len(calls) > 0 {
			fmt.Printf("    upstream: %s\n", strings.Join(calls, ", "))
		}
		if step.calls >= 0 && writes != step.calls {
			return fmt.Errorf("step %d, %s: %d calls on the connection, and not %d", i+1, step.title, writes, step.calls)
		}
	}
	fmt.Println("\nall steps passed")
	return nil
}

// upstreamCalls says what upstream was asked in this step, and how many of the calls were on a connection.
func (d *demo) upstreamCalls() (calls []string, connection int) {
	for _, c := range d.stack.sandbox.Calls() {
		segments := strings.Split(c.Path, "/")
		for i, s := range segments {
			if len(s) == 36 {
				segments[i] = "…"
			}
		}
		calls = append(calls, fmt.Sprintf("%s %s %d", c.Method, strings.Join(segments, "/"), c.Status))
		if strings.HasSuffix(c.Path, "/connection") {
			connection++
		}
	}
	if len(calls) > 6 {
		calls = append(calls[:6], fmt.Sprintf("and %d more", len(calls)-6))
	}
	return calls, connection
}

func (d *demo) get(ctx context.Context, path string, into any) error {
	a, err := d.browser.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("GET %s: status %d: %s", path, a.status, a.body)
	}
	return a.into(into)
}

func (d *demo) signedOut(ctx context.Context) (string, error) {
	a, err := d.browser.call(ctx, http.MethodGet, "/api/organization", nil)
	if err != nil {
		return "", err
	}
	var problem struct{ Type, Title string }
	if err := a.into(&problem); err != nil {
		return "", err
	}
	if a.status != http.StatusUnauthorized {
		return "", fmt.Errorf("status %d", a.status)
	}
	return fmt.Sprintf("401 %s: %s", problem.Type, problem.Title), nil
}

func (d *demo) signIn(ctx context.Context) (string, error) {
	end, err := d.browser.signIn(ctx, d.account, "allow", "/stores")
	if err != nil {
		return "", err
	}
	if end != "/stores" {
		return "", fmt.Errorf("ended at %s", end)
	}
	var session struct {
		Organization struct{ Name string }
		Scopes       []string
	}
	if err := d.get(ctx, "/api/session", &session); err != nil {
		return "", err
	}
	return fmt.Sprintf("signed in for %s with %s", session.Organization.Name, strings.Join(session.Scopes, ", ")), nil
}

func (d *demo) readTree(ctx context.Context) (string, error) {
	var organization struct{ Name string }
	if err := d.get(ctx, "/api/organization", &organization); err != nil {
		return "", err
	}
	var brands struct{ Items []struct{ Name string } }
	if err := d.get(ctx, "/api/brands", &brands); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s has %d brands", organization.Name, len(brands.Items)), nil
}

// pickStores waits for the tree, and picks one store without a connection and one with.
func (d *demo) pickStores(ctx context.Context) (string, error) {
	stores, err := d.loadStores(ctx)
	if err != nil {
		return "", err
	}
	for _, s := range stores {
		if _, connected := d.stack.sandbox.Connection(s.ID); connected {
			d.taken = s
		} else {
			d.store = s
		}
	}
	if d.store.ID == "" || d.taken.ID == "" {
		return "", errors.New("the account lacks a store of each kind")
	}
	return fmt.Sprintf("of %d stores: %s, and %s, which is connected already", len(stores), d.store.Name, d.taken.Name), nil
}

func (d *demo) loadStores(ctx context.Context) ([]demoStore, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		var list struct {
			Items   []demoStore
			Loading *struct{ Brands, Of int }
		}
		if err := d.get(ctx, "/api/stores?limit=500", &list); err != nil {
			return nil, err
		}
		if list.Loading == nil {
			return list.Items, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

type demoRun struct {
	ID    string
	Items []struct {
		Outcome              string
		ObservedLocalStoreID *string
		Error                *struct{ Code, Detail string }
	}
}

func item(s demoStore, localID, replaces string) map[string]any {
	i := map[string]any{"brandId": s.BrandID, "storeId": s.ID, "localStoreId": localID}
	if replaces != "" {
		i["replaces"] = replaces
	}
	return map[string]any{"items": []any{i}}
}

func (d *demo) start(ctx context.Context, body any, headers ...string) (demoRun, error) {
	var run demoRun
	a, err := d.browser.call(ctx, http.MethodPost, "/api/onboard", body, headers...)
	if err != nil {
		return run, err
	}
	if a.status != http.StatusOK {
		return run, fmt.Errorf("status %d: %s", a.status, a.body)
	}
	err = a.into(&run)
	return run, err
}

func (d *demo) onboard(localID, replaces, outcome string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		run, err := d.start(ctx, item(d.store, localID, replaces))
		if err != nil {
			return "", err
		}
		got := run.Items[0]
		if got.Outcome != outcome {
			return "", fmt.Errorf("%s instead of %s", got.Outcome, outcome)
		}
		connected, _ := d.stack.sandbox.Connection(d.store.ID)
		if got.ObservedLocalStoreID == nil || *got.ObservedLocalStoreID != connected {
			return "", errors.New("the item does not say what the store is connected to")
		}
		return fmt.Sprintf("%s asked for %s: %s, connected to %s", d.store.Name, localID, got.Outcome, connected), nil
	}
}

func (d *demo) askTaken(ctx context.Context) (string, error) {
	a, err := d.browser.call(ctx, http.MethodPost, "/api/onboard", item(d.taken, "DEMO-2", ""))
	if err != nil {
		return "", err
	}
	var problem struct {
		Type   string
		Errors []struct{ Pointer, Detail string }
	}
	if err := a.into(&problem); err != nil {
		return "", err
	}
	if a.status != http.StatusConflict || len(problem.Errors) != 1 {
		return "", fmt.Errorf("status %d: %s", a.status, a.body)
	}
	return fmt.Sprintf("409 %s: %s %s", problem.Type, problem.Errors[0].Pointer, problem.Errors[0].Detail), nil
}

func (d *demo) repeat(ctx context.Context) (string, error) {
	first, err := d.start(ctx, item(d.store, "DEMO-2", ""), "Idempotency-Key", "demo-key")
	if err != nil {
		return "", err
	}
	second, err := d.start(ctx, item(d.store, "DEMO-2", ""), "Idempotency-Key", "demo-key")
	if err != nil {
		return "", err
	}
	if first.ID != second.ID {
		return "", errors.New("the repeat made another run")
	}
	return "both requests answered with run " + first.ID, nil
}

func (d *demo) legacy(ctx context.Context) (string, error) {
	var connection struct{ LocalStoreID string }
	if err := d.get(ctx, d.taken.path(), &connection); err != nil {
		return "", err
	}
	if connection.LocalStoreID == "" {
		return "", errors.New("nothing is connected")
	}
	return fmt.Sprintf("%s is connected to %s", d.taken.Name, connection.LocalStoreID), nil
}

func (d *demo) lookUp(ctx context.Context) (string, error) {
	address := d.stack.consoleURL + "/admin/mappings/lookup?localStoreId=" + url.QueryEscape("DEMO-2")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+d.stack.secrets.AdminToken)
	a, err := newBrowser(d.stack.consoleURL).do(req)
	if err != nil {
		return "", err
	}
	var mapping map[string]any
	if err := a.into(&mapping); err != nil {
		return "", err
	}
	if a.status != http.StatusOK || mapping["storeId"] != d.store.ID || mapping["previousLocalStoreId"] != "DEMO-1" {
		return "", fmt.Errorf("status %d: %s", a.status, a.body)
	}
	for key := range mapping {
		if !slices.Contains([]string{"storeName", "state", "desiredLocalStoreId", "observedLocalStoreId", "previousLocalStoreId"}, key) {
			delete(mapping, key)
		}
	}
	said, err := json.Marshal(mapping)
	return string(said), err
}

func (d *demo) disconnect(ctx context.Context) (string, error) {
	a, err := d.browser.call(ctx, http.MethodDelete, d.store.path(), nil, "If-Match", `"DEMO-2"`)
	if err != nil {
		return "", err
	}
	if _, connected := d.stack.sandbox.Connection(d.store.ID); a.status != http.StatusNoContent || connected {
		return "", fmt.Errorf("status %d: %s", a.status, a.body)
	}
	return d.store.Name + " is not connected any more", nil
}

func (d *demo) signOut(ctx context.Context) (string, error) {
	a, err := d.browser.call(ctx, http.MethodPost, "/auth/logout", nil)
	if err != nil {
		return "", err
	}
	if a.status != http.StatusNoContent {
		return "", fmt.Errorf("status %d: %s", a.status, a.body)
	}
	return d.signedOut(ctx)
}
