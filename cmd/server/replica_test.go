package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// fleet is the built program, run as processes of its own on one database, with a gate and the sandbox as upstream in
// this process. Its rig speaks to the replica that was started last.
type fleet struct {
	*rig
	gate     *gate
	program  string
	settings []string
}

// replica is one process of the program. It keeps its addresses over its lives.
type replica struct {
	f                *fleet
	public, internal string
	cmd              *exec.Cmd
	ended            chan struct{}
}

// processTimeout is the upstream time-out of the processes: long enough for several calls to be held at once.
const processTimeout = 5 * time.Second

// buildProgram builds the program into the test's own folder.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "storelink")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

func newFleet(t *testing.T, program, databaseURL string) *fleet {
	t.Helper()
	const secret = "a secret of these tests alone"
	g := &gate{}
	box := sandbox.New(sandbox.Options{ClientSecret: secret})
	upstream := httptest.NewServer(g.in(box.Handler()))
	t.Cleanup(upstream.Close)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	sql, err := pgxpool.New(t.Context(), databaseURL)
	require.NoError(t, err)
	t.Cleanup(sql.Close)
	keyset, err := testKeyset()
	require.NoError(t, err)
	token, hash := newAdminToken("reader", config.RoleRead)
	f := &fleet{gate: g, program: program, rig: &rig{
		t: t, box: box, upstream: upstream, sql: sql, tokens: map[string]string{config.RoleRead: token},
	}}
	f.settings = []string{
		"STORELINK_DATABASE_URL=" + databaseURL,
		"STORELINK_UPSTREAM_URL=" + upstream.URL,
		"STORELINK_UPSTREAM_TIMEOUT=" + processTimeout.String(),
		"STORELINK_UPSTREAM_RATE=0",
		"STORELINK_CLIENT_ID=" + sandbox.DefaultClientID,
		"STORELINK_CLIENT_SECRET=" + secret,
		"STORELINK_KEYSET=" + keyset,
		"STORELINK_LOCAL_IDS=open",
		"STORELINK_ADMIN_TOKENS=" + hash,
	}
	return f
}

// replica starts one more process.
func (f *fleet) replica() *replica {
	f.t.Helper()
	a := &replica{f: f, public: f.freeAddress(), internal: f.freeAddress()}
	f.box.AddRedirectURI(a.publicURL() + "/auth/callback")
	f.t.Cleanup(a.kill)
	a.start()
	return a
}

// freeAddress returns one that nobody listens on at the moment.
func (f *fleet) freeAddress() string {
	f.t.Helper()
	listener := f.listen()
	defer func() { require.NoError(f.t, listener.Close()) }()
	return listener.Addr().String()
}

func (a *replica) publicURL() string {
	_, port, _ := net.SplitHostPort(a.public)
	return "http://localhost:" + port
}

// start gives the replica a life, and returns once it is ready.
func (a *replica) start() {
	t := a.f.t
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }() // the process has its own descriptor
	a.cmd = exec.Command(a.f.program, "serve")
	a.cmd.Env = append([]string{
		"STORELINK_PUBLIC_ADDR=" + a.public, "STORELINK_PUBLIC_URL=" + a.publicURL(), "STORELINK_INTERNAL_ADDR=" + a.internal,
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
	}, a.f.settings...)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	require.NoError(t, a.cmd.Start())
	cmd, ended := a.cmd, make(chan struct{})
	a.ended = ended
	go func() {
		defer close(ended)
		_ = cmd.Wait() // that it ended is all that is asked of it
	}()
	a.f.public, a.f.internal = a.publicURL(), "http://"+a.internal
	require.Eventually(t, a.ready, 30*time.Second, 20*time.Millisecond, "the process is ready")
}

func (a *replica) ready() bool {
	resp, err := http.Get("http://" + a.internal + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// kill ends the process by SIGKILL. It is harmless where it has ended.
func (a *replica) kill() {
	if a.cmd == nil {
		return
	}
	_ = a.cmd.Process.Kill() // where it has ended already, ended says so
	<-a.ended
}

// terminate tells the process to end, as an orchestrator does, does what is to happen meanwhile, and returns once it has
// ended.
func (a *replica) terminate(within time.Duration, meanwhile func()) {
	a.f.t.Helper()
	require.NoError(a.f.t, a.cmd.Process.Signal(syscall.SIGTERM))
	meanwhile()
	select {
	case <-a.ended:
	case <-time.After(within):
		require.FailNow(a.f.t, "the process does not end")
	}
}

// at is the person at another replica, with the same cookies: browsers do not tell ports apart.
func (p *person) at(a *replica) *person {
	there := newBrowser(a.publicURL())
	p.mu.Lock()
	defer p.mu.Unlock()
	for host, cookies := range p.cookies {
		there.cookies[host] = cookies
	}
	return &person{browser: there, r: p.r}
}

// together runs f so many times at once and waits for all.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { f(i) })
	}
	group.Wait()
}
