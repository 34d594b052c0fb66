// Package devdb runs a private PostgreSQL server for development and for the tests, so that neither needs one installed.
// The programs are those of the npm packages pinned under tools/postgres, else the machine's own (15 or newer).
//
// The server listens on 127.0.0.1 alone, on a free port, with a random password. It outlives the process that started it
// when that process is killed; the next Start finds it by its postmaster.pid and uses it again.
package devdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Options says which server to run.
type Options struct {
	// Dir is the folder that holds the server's data, password and log. It is made where it is missing. As root it has
	// to be reachable by the account nobody; where it is not, a folder under /var/tmp stands in for it, and the log says so.
	Dir string
	// Programs is the folder that holds the npm packages' node_modules. The default is tools/postgres beside the go.mod
	// that is found upwards from the working directory or from the running program.
	Programs string
	// Logger receives what is done; the default is silent.
	Logger *slog.Logger
	// Ephemeral trades durability for speed: an empty database at each start, nothing kept after Stop. A server that is
	// already running is used as it is.
	Ephemeral bool
}

// Server is a running PostgreSQL server.
type Server struct {
	dir       string
	programs  programs
	account   *account
	log       *slog.Logger
	ephemeral bool

	pid      int
	port     int
	password string
	// process is nil for a server that an earlier process started.
	process *exec.Cmd
}

// startTimeout is how long a server may take until it answers, crash recovery included.
const startTimeout = 30 * time.Second

// Start returns a server that answers: the one that runs in the folder already, else a new one, whose data it creates
// where there is none. ctx bounds the start alone. Starts in the same folder, by any process, take turns.
func Start(ctx context.Context, o Options) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.dir, err)
	}
	defer unlock()
	if s.password, err = readOrMakePassword(s.dir, s.account); err != nil {
		return nil, err
	}
	running, err := s.adopt(ctx)
	if err != nil {
		return nil, err
	}
	if !running {
		if err := s.startNew(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.ensureDatabase(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Find returns the server that runs in the folder of o, nil where none does. It starts and stops nothing.
func Find(ctx context.Context, o Options) (*Server, error) {
	s, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	pm, err := readPostmaster(s.data())
	if err != nil || pm == nil || !isPostmaster(pm.pid, s.data()) {
		return nil, err
	}
	password, err := os.ReadFile(filepath.Join(s.dir, "password"))
	if err != nil {
		return nil, fmt.Errorf("read the database's password: %w", err)
	}
	s.pid, s.port, s.password = pm.pid, pm.port, string(password)
	return s, nil
}

// ForTests returns the options of the server that all tests of a checkout share: the one in .storelink/testdb beside
// the go.mod that is found upwards from the working directory.
func ForTests() Options {
	wd, _ := os.Getwd()
	return Options{Dir: filepath.Join(moduleRoot(wd), ".storelink", "testdb"), Ephemeral: true}
}

func prepare(ctx context.Context, o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("devdb: no folder is given for the database")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	acc, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(o, acc)
	if err != nil {
		return nil, err
	}
	found, err := findPrograms(ctx, o, acc)
	if err != nil {
		return nil, err
	}
	return &Server{dir: dir, programs: found, account: acc, log: o.Logger, ephemeral: o.Ephemeral}, nil
}

// URL returns the address of the database "storelink", as pgx reads it. Its user may do everything.
func (s *Server) URL() string { return s.url("storelink") }

func (s *Server) url(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("storelink", s.password),
		Host:     "127.0.0.1:" + strconv.Itoa(s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// PID returns the process id of the server's first process.
func (s *Server) PID() int { return s.pid }

// Dir returns the folder that the server uses; see Options.Dir for when it is another than the one asked for.
func (s *Server) Dir() string { return s.dir }

// Programs names the programs that the server runs on: version and folder.
func (s *Server) Programs() string { return s.programs.String() }

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Stop ends the server, whoever started it, and returns once it is gone. Open connections are closed. Where ctx ends
// first, the server is killed; its next start then recovers.
func (s *Server) Stop(ctx context.Context) error {
	unlock, err := lock(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return fmt.Errorf("lock %s: %w", s.dir, err)
	}
	defer unlock()
	if err := s.end(ctx); err != nil {
		return err
	}
	s.log.Info("postgres stopped", "pid", s.pid)
	if !s.ephemeral {
		return nil
	}
	if err := os.RemoveAll(s.data()); err != nil {
		return fmt.Errorf("remove the ephemeral database: %w", err)
	}
	return nil
}

func (s *Server) end(ctx context.Context) error {
	for _, how := range []struct {
		signal   string
		patience time.Duration
	}{{"INT", 30 * time.Second}, {"QUIT", 5 * time.Second}, {"KILL", 5 * time.Second}} {
		if !isPostmaster(s.pid, s.data()) {
			break
		}
		if err := s.programs.signal(s.pid, how.signal); err != nil {
			return fmt.Errorf("stop postgres: %w", err)
		}
		waitCtx, cancel := context.WithTimeout(ctx, how.patience)
		if how.signal != "INT" {
			waitCtx, cancel = context.WithTimeout(context.WithoutCancel(ctx), how.patience)
		}
		err := poll(waitCtx, func() bool { return !isPostmaster(s.pid, s.data()) })
		cancel()
		if err == nil {
			break
		}
	}
	if isPostmaster(s.pid, s.data()) {
		return fmt.Errorf("postgres (process %d) does not end", s.pid)
	}
	s.reap()
	return nil
}

// reap collects a child that has ended. Its exit status says nothing that is not known by then.
func (s *Server) reap() {
	if s.process != nil {
		_ = s.process.Wait()
		s.process = nil
	}
}

// poll asks done every 10 ms until it says yes, or returns the context's error.
func poll(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if done() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
