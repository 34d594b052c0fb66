package main

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/devdb"
	"storelink/internal/store"
)

// mortalPostgres is a server of one test, which may kill it. Its address stays the same over its lives: a forwarder
// stands in front, since each life has another port.
type mortalPostgres struct {
	t       *testing.T
	options devdb.Options
	server  *devdb.Server
	url     string

	listener net.Listener
	mu       sync.Mutex
	to       string // where connections go; empty: nowhere
	open     []net.Conn
	group    sync.WaitGroup
}

// newMortalPostgres starts a server with the newest schema.
func newMortalPostgres(t *testing.T) *mortalPostgres {
	t.Helper()
	// A folder that any account can reach, which testing's own are not.
	dir, err := os.MkdirTemp("", "storelink-mortal") //nolint:usetesting // see above
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &mortalPostgres{t: t, options: devdb.Options{Dir: filepath.Join(dir, "postgres")}, listener: listener}
	p.group.Go(p.forward)
	t.Cleanup(func() {
		p.send("")
		require.NoError(t, listener.Close())
		p.stop()
		p.group.Wait()
	})
	p.start()
	address, err := url.Parse(p.server.URL())
	require.NoError(t, err)
	address.Host = listener.Addr().String()
	p.url = address.String()
	require.NoError(t, store.Migrate(p.url))
	return p
}

// start gives the server a life, also after one that was ended by force.
func (p *mortalPostgres) start() {
	p.t.Helper()
	var server *devdb.Server
	var err error
	// Processes of the life before may still hold its memory for a moment.
	for range 5 {
		if server, err = devdb.Start(p.t.Context(), p.options); err == nil {
			break
		}
	}
	require.NoError(p.t, err)
	p.server = server
	address, err := url.Parse(server.URL())
	require.NoError(p.t, err)
	p.send(address.Host)
}

// kill ends the server by SIGKILL. Its connections end at once, as with a machine that dies: the server's children take
// a moment to notice that their parent is gone.
func (p *mortalPostgres) kill() {
	p.t.Helper()
	process, err := os.FindProcess(p.server.PID())
	require.NoError(p.t, err)
	require.NoError(p.t, process.Kill())
	p.send("")
}

func (p *mortalPostgres) stop() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), 30*time.Second)
	defer cancel()
	require.NoError(p.t, p.server.Stop(ctx))
}

// send says where connections go from now on. Those that are open are cut.
func (p *mortalPostgres) send(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
	for _, conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
}

func (p *mortalPostgres) forward() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.connect(conn)
	}
}

// connect holds the lock, so that no connection is made to a server that was just killed.
func (p *mortalPostgres) connect(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = conn.Close()
		return
	}
	p.open = append(p.open, conn, server)
	p.group.Go(func() { pipe(conn, server) })
	p.group.Go(func() { pipe(server, conn) })
}

// pipe copies until one side ends, and closes both then.
func pipe(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_ = from.Close()
	_ = to.Close()
}
