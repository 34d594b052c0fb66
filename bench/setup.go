package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"storelink/internal/devdb"
)

const (
	clientID = "bench"
	account  = "large" // 20 brands of 500 stores: every connect gets a store that nobody asked for before
)

// setup is what everything is measured on: a database, the sandbox, the reverse proxy, and the settings of storelink,
// which is started anew for each part.
type setup struct {
	database   *devdb.Server
	sandboxURL string
	publicURL  string
	readyURL   string
	proxyAddr  string
	publicAddr string
	second     replicaAddresses
	settings   []string
	secret     string

	internalAddr string
	adminToken   string // of the role operate

	self string // this program

	direct  *client // upstream's API with a token of its own
	page    *client // signed in to storelink; sessions outlive its processes
	proxy   *process
	sandbox *process
	stores  []remoteStore
	brands  []string
	closers []func()
}

// replicaAddresses are where a replica beside the usual one listens.
type replicaAddresses struct{ public, internal string }

func (a replicaAddresses) origin() string {
	_, port, _ := strings.Cut(a.public, ":")
	return "http://localhost:" + port
}

// remoteStore is a store as the sandbox's control path lists it.
type remoteStore struct {
	BrandID string `json:"brandId"`
	StoreID string `json:"storeId"`
}

// newSetup starts everything but storelink. close must be called on what it returns, also with an error.
func newSetup(ctx context.Context) (*setup, error) {
	s := &setup{secret: rand.Text()}
	if _, err := os.Stat(binary); err != nil {
		return s, fmt.Errorf("%s is not there: run `make bench`, which builds it first", binary)
	}
	for _, step := range []func(context.Context) error{
		s.prepare, s.startDatabase, s.configure, s.migrate, s.startSandbox, s.readTree, s.signInDirectly, s.startPeer,
	} {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// close ends everything in the opposite order.
func (s *setup) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

func (s *setup) prepare(context.Context) (err error) {
	if s.self, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if err := os.MkdirAll(stateDir, 0o755); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	for _, name := range []string{"sandbox", "storelink", "proxy"} {
		if err := os.Remove(filepath.Join(stateDir, name+".log")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old log: %w", err)
		}
	}
	return nil
}

func (s *setup) databaseOptions() devdb.Options {
	return devdb.Options{Dir: filepath.Join(stateDir, "postgres")}
}

// startDatabase starts a server that writes through to the disk: an ephemeral one would flatter every commit.
func (s *setup) startDatabase(ctx context.Context) error {
	where := s.databaseOptions()
	// What a run that was killed left behind may still be working on its database.
	left, err := devdb.Find(ctx, where)
	if err == nil && left != nil {
		err = left.Stop(ctx)
	}
	if err != nil {
		return fmt.Errorf("stop an earlier run's database: %w", err)
	}
	database, err := devdb.Start(ctx, where)
	if err != nil {
		return fmt.Errorf("start the database: %w", err)
	}
	s.database = database
	s.closers = append(s.closers, func() {
		stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := database.Stop(stopping); err != nil {
			fmt.Fprintln(os.Stderr, "bench: the database did not stop:", err)
			return
		}
		_ = os.RemoveAll(filepath.Join(database.Dir(), "data")) // what stays is replaced by the next run
	})
	return nil
}

// configure sets what has no default, and no limit of calls upstream. All else is as operators get it.
func (s *setup) configure(ctx context.Context) error {
	var ports [6]string
	for i := range ports {
		var err error
		if ports[i], err = freePort(ctx); err != nil {
			return err
		}
	}
	keyset, err := output(ctx, nil, "keyset", "new")
	if err != nil {
		return err
	}
	s.publicAddr, s.proxyAddr = "127.0.0.1:"+ports[0], "127.0.0.1:"+ports[3]
	s.second = replicaAddresses{"127.0.0.1:" + ports[4], "127.0.0.1:" + ports[5]}
	s.publicURL = "http://localhost:" + ports[0]
	s.internalAddr = "127.0.0.1:" + ports[1]
	s.readyURL = "http://" + s.internalAddr + "/readyz"
	s.adminToken = rand.Text()
	s.sandboxURL = "http://127.0.0.1:" + ports[2]
	s.settings = []string{
		"STORELINK_PUBLIC_ADDR=" + s.publicAddr,
		"STORELINK_INTERNAL_ADDR=" + s.internalAddr,
		fmt.Sprintf("STORELINK_ADMIN_TOKENS=bench:operate:%x", sha256.Sum256([]byte(s.adminToken))),
		"STORELINK_PUBLIC_URL=" + s.publicURL,
		"STORELINK_DATABASE_URL=" + s.database.URL(),
		"STORELINK_UPSTREAM_URL=" + s.sandboxURL,
		"STORELINK_CLIENT_ID=" + clientID,
		"STORELINK_CLIENT_SECRET=" + s.secret,
		"STORELINK_KEYSET=" + keyset,
		"STORELINK_LOCAL_IDS=open",
		"STORELINK_UPSTREAM_RATE=0",
	}
	return nil
}

// migrate leaves an empty database of the newest schema, also where a run before this one was killed.
func (s *setup) migrate(ctx context.Context) error {
	version, err := output(ctx, s.settings, "migrate", "version")
	if err == nil && version != "0" {
		_, err = output(ctx, s.settings, "migrate", "down", version)
	}
	if err != nil {
		return err
	}
	_, err = output(ctx, s.settings, "migrate", "up")
	return err
}

func (s *setup) startSandbox(ctx context.Context) error {
	p, err := startProcess(ctx, "sandbox", s.settings, binary, "sandbox", "--addr="+s.sandboxURL[len("http://"):], "--rate=0",
		"--redirect-uri="+s.publicURL+"/auth/callback", "--redirect-uri="+directRedirect)
	if err != nil {
		return err
	}
	if s.sandbox == nil {
		s.closers = append(s.closers, func() { s.sandbox.stop() })
	}
	s.sandbox = p
	_, err = p.ready(ctx, s.sandboxURL+"/_sandbox/accounts")
	return err
}

// startPeer starts the reverse proxy.
func (s *setup) startPeer(ctx context.Context) (err error) {
	if s.proxy, _, err = s.startProxy(ctx); err != nil {
		return err
	}
	s.closers = append(s.closers, func() { s.proxy.stop() })
	return nil
}

func (s *setup) startProxy(ctx context.Context) (*process, time.Duration, error) {
	p, err := startProcess(ctx, "proxy", proxySettings(s), s.self, "-"+peerFlag)
	if err != nil {
		return nil, 0, err
	}
	took, err := p.ready(ctx, "http://"+s.proxyAddr+"/_sandbox/settings")
	if err != nil {
		p.stop()
	}
	return p, took, err
}

// startStorelink starts `storelink serve` with the usual settings, these in front of them. The caller stops it.
func (s *setup) startStorelink(ctx context.Context, settings ...string) (*process, time.Duration, error) {
	return s.serve(ctx, s.readyURL, settings)
}

// startSecond starts a replica beside the usual one. The caller stops it.
func (s *setup) startSecond(ctx context.Context, settings ...string) (*process, error) {
	settings = append(slices.Clone(settings), "STORELINK_PUBLIC_ADDR="+s.second.public,
		"STORELINK_INTERNAL_ADDR="+s.second.internal, "STORELINK_PUBLIC_URL="+s.second.origin())
	p, _, err := s.serve(ctx, "http://"+s.second.internal+"/readyz", settings)
	return p, err
}

func (s *setup) serve(ctx context.Context, readyURL string, settings []string) (*process, time.Duration, error) {
	// Of settings that are there twice, the last one counts.
	p, err := startProcess(ctx, "storelink", append(slices.Clone(s.settings), settings...), binary, "serve")
	if err != nil {
		return nil, 0, err
	}
	took, err := p.ready(ctx, readyURL)
	if err != nil {
		p.stop()
	}
	return p, took, err
}

// afresh puts an empty database and a new sandbox in the place of what earlier parts left, and forgets the sign-in.
func (s *setup) afresh(ctx context.Context) error {
	s.page = nil
	s.sandbox.stop()
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.startSandbox(ctx)
}

// setLatency sets how long upstream takes for a call.
func (s *setup) setLatency(ctx context.Context, d time.Duration) error {
	return s.setSandbox(ctx, map[string]any{"latencyMs": d.Milliseconds()})
}

func (s *setup) setSandbox(ctx context.Context, settings map[string]any) error {
	a, err := newClient(s.sandboxURL).call(ctx, http.MethodPut, "/_sandbox/settings", settings)
	if err != nil {
		return err
	}
	return a.expect(http.StatusNoContent)
}

func (s *setup) readTree(ctx context.Context) error {
	a, err := newClient(s.sandboxURL).call(ctx, http.MethodGet, "/_sandbox/stores?account="+account, nil)
	if err == nil {
		err = a.expect(http.StatusOK)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.body, &s.stores); err != nil {
		return fmt.Errorf("read the sandbox's stores: %w", err)
	}
	seen := map[string]bool{}
	for _, store := range s.stores {
		if !seen[store.BrandID] {
			seen[store.BrandID] = true
			s.brands = append(s.brands, store.BrandID)
		}
	}
	return nil
}
