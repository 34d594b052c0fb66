package devdb

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// startNew makes the data where there is none, and starts a server on a free port.
func (s *Server) startNew(ctx context.Context) error {
	if s.ephemeral {
		if err := os.RemoveAll(s.data()); err != nil {
			return fmt.Errorf("clear the ephemeral database: %w", err)
		}
	}
	if err := s.initialize(ctx); err != nil {
		return err
	}
	if err := s.checkVersion(); err != nil {
		return err
	}
	var err error
	// Between choosing a free port and listening on it another program may take it.
	for range 3 {
		if err = s.launch(ctx); err == nil {
			s.log.Info("postgres started", "programs", s.programs.String(), "dir", s.dir, "port", s.port, "pid", s.pid)
			return nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return err
}

// initialize runs initdb beside the final place, so that one that was interrupted leaves nothing half done.
func (s *Server) initialize(ctx context.Context) error {
	if _, err := os.Stat(s.data()); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for the database: %w", err)
	}
	s.log.Info("postgres initializes", "programs", s.programs.String(), "dir", s.dir)
	fresh := filepath.Join(s.dir, "data.new")
	args := []string{
		"--pgdata", fresh, "--username", "storelink", "--pwfile", filepath.Join(s.dir, "password"),
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions",
	}
	if s.ephemeral {
		args = append(args, "--no-sync")
	}
	var err error
	// pg_trgm splits words by the character type: "C" knows ASCII only, and C.UTF-8 is not everywhere.
	for _, ctype := range []string{characterType(), "C"} {
		if err := os.RemoveAll(fresh); err != nil {
			return fmt.Errorf("clear an unfinished database: %w", err)
		}
		if err = s.programs.run(ctx, s.account, "initdb", append(args, "--lc-ctype", ctype)...); err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("create the database in %s: %w", s.dir, err)
	}
	if err := os.Rename(fresh, s.data()); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	return nil
}

func characterType() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}

func (s *Server) checkVersion() error {
	made, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	if v := strings.TrimSpace(string(made)); v != strconv.Itoa(s.programs.major) {
		return fmt.Errorf("the database in %s was made by PostgreSQL %s, but the programs found are %s; "+
			"remove that folder to begin anew", s.dir, v, s.programs)
	}
	return nil
}

func (s *Server) launch(ctx context.Context) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	logPath := filepath.Join(s.dir, "postgres.log")
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	defer logFile.Close() //nolint:errcheck // the child has its own descriptor; nothing is written here
	cmd := s.programs.command(context.WithoutCancel(ctx), s.account, "postgres", s.serverArgs(port)...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	s.process, s.pid, s.port = cmd, cmd.Process.Pid, port
	err = poll(ctx, func() bool { return s.answers(ctx) || !isPostmaster(s.pid, s.data()) })
	if err == nil && isPostmaster(s.pid, s.data()) {
		return nil
	}
	if endErr := s.end(context.WithoutCancel(ctx)); endErr != nil {
		return endErr
	}
	return fmt.Errorf("postgres does not start; its last words in %s: %s", logPath, lastLines(logPath))
}

func (s *Server) serverArgs(port int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "log_timezone=UTC",
		"max_connections=100", "shared_buffers=64MB",
	}
	if s.ephemeral {
		// Packages are tested in parallel, each test with pools of its own.
		settings = append(settings, "max_connections=400", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0")
	}
	args := []string{"-D", s.data(), "-p", strconv.Itoa(port)}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

func (s *Server) answers(ctx context.Context) bool {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return false
	}
	defer conn.Close(ctx) //nolint:errcheck // it was opened to see whether it opens
	return conn.Ping(ctx) == nil
}

func (s *Server) ensureDatabase(ctx context.Context) (err error) {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the new server: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'storelink')").Scan(&exists)
	if err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE storelink"); err != nil {
		return fmt.Errorf("create the database storelink: %w", err)
	}
	return nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	address, err := netip.ParseAddrPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return int(address.Port()), nil
}

// readOrMakePassword keeps the password in a file of its own: the data may be made a second time, by another start.
func readOrMakePassword(dir string, acc *account) (string, error) {
	path := filepath.Join(dir, "password")
	password, err := os.ReadFile(path)
	if err == nil && len(password) > 0 {
		return string(password), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the database's password: %w", err)
	}
	text := rand.Text()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write the database's password: %w", err)
	}
	return text, acc.own(path)
}

func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-3):], []byte(" / ")))
}
