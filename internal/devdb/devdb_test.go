package devdb_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"storelink/internal/devdb"
)

// open returns options for a folder that any account can reach, which testing's own are not.
func open(t *testing.T) devdb.Options {
	t.Helper()
	dir, err := os.MkdirTemp("", "devdb") //nolint:usetesting // see above
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return devdb.Options{Dir: filepath.Join(dir, "postgres")}
}

func start(t *testing.T, o devdb.Options) *devdb.Server {
	t.Helper()
	s, err := devdb.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *devdb.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
}

func exec(t *testing.T, s *devdb.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func TestDataIsKeptAndTheServerListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := start(t, o)
	exec(t, s, "CREATE EXTENSION pg_trgm; CREATE TABLE kept AS SELECT 1")
	var listens, sockets string
	conn, err := pgx.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW listen_addresses").Scan(&listens))
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW unix_socket_directories").Scan(&sockets))
	require.NoError(t, conn.Close(t.Context()))
	require.Equal(t, "127.0.0.1", listens)
	require.Empty(t, sockets)

	stop(t, s)
	stop(t, s) // a second stop finds nothing to do
	exec(t, start(t, o), "SELECT * FROM kept")
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, open(t))
	cfg, err := pgx.ParseConfig(s.URL())
	require.NoError(t, err)
	cfg.Password = "guess"
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	require.ErrorContains(t, err, "password authentication failed")
}

func TestARunningServerIsUsedAgain(t *testing.T) {
	t.Parallel()
	o := open(t)
	first := start(t, o)
	second, err := devdb.Start(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, first.PID(), second.PID())
	require.Equal(t, first.URL(), second.URL())
	found, err := devdb.Find(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, first.URL(), found.URL())

	stop(t, second)
	found, err = devdb.Find(t.Context(), o)
	require.NoError(t, err)
	require.Nil(t, found)
}

func TestStartsAtOnceShareOneServer(t *testing.T) {
	t.Parallel()
	o := open(t)
	pids := make([]int, 3)
	var wg sync.WaitGroup
	for i := range pids {
		wg.Go(func() {
			if s, err := devdb.Start(t.Context(), o); err == nil {
				pids[i] = s.PID()
			}
		})
	}
	wg.Wait()
	s := start(t, o)
	require.Equal(t, []int{s.PID(), s.PID(), s.PID()}, pids)
}

func TestStartAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := start(t, o)
	exec(t, s, "CREATE TABLE kept AS SELECT 1")
	process, err := os.FindProcess(s.PID())
	require.NoError(t, err)
	require.NoError(t, process.Kill())

	again := start(t, o)
	require.NotEqual(t, s.PID(), again.PID())
	exec(t, again, "SELECT * FROM kept")
}

func TestStartWhereTheProcessIDWentToAnotherProgram(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := start(t, o)
	pidFile := filepath.Join(s.Dir(), "data", "postmaster.pid")
	left, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	stop(t, s)
	_, rest, _ := strings.Cut(string(left), "\n")
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600))

	again := start(t, o)
	require.NotEqual(t, os.Getpid(), again.PID())
	exec(t, again, "SELECT 1")
}

func TestAnInterruptedInitializationIsRepeated(t *testing.T) {
	t.Parallel()
	o := open(t)
	require.NoError(t, os.MkdirAll(filepath.Join(o.Dir, "data.new", "base"), 0o755))
	exec(t, start(t, o), "SELECT 1")
}

func TestEphemeralKeepsNothing(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Ephemeral = true
	s := start(t, o)
	exec(t, s, "CREATE TABLE gone AS SELECT 1")
	stop(t, s)
	require.NoDirExists(t, filepath.Join(s.Dir(), "data"))
	exec(t, start(t, o), "CREATE TABLE gone AS SELECT 1")
}

// A folder that only its owner may enter: for root, whose server runs as nobody, another folder has to stand in.
func TestAFolderThatOnlyItsOwnerMayEnter(t *testing.T) {
	t.Parallel()
	o := open(t)
	require.NoError(t, os.Chmod(filepath.Dir(o.Dir), 0o700))
	s, err := devdb.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		stop(t, s)
		if s.Dir() != o.Dir {
			require.NoError(t, os.RemoveAll(filepath.Dir(s.Dir())))
		}
	})
	exec(t, s, "SELECT 1")
	second, err := devdb.Start(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, s.PID(), second.PID())
}

func TestDataOfAnotherVersionIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := start(t, o)
	stop(t, s)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir(), "data", "PG_VERSION"), []byte("9\n"), 0o600))
	_, err := devdb.Start(t.Context(), o)
	require.ErrorContains(t, err, "was made by PostgreSQL 9, but the programs found are PostgreSQL")
	require.ErrorContains(t, err, "remove that folder")
}
