package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is what the figures depend on.
type machine struct {
	processor string
	cores     int
	memory    string
	system    string
	load      string
	compiler  string
	version   string
	database  string
	date      string
}

func describeMachine(ctx context.Context) (machine, error) {
	version, err := output(ctx, nil, "--version")
	if err != nil {
		return machine{}, fmt.Errorf("ask for the version (`make bench` builds the program first): %w", err)
	}
	m := machine{
		processor: field("/proc/cpuinfo", "model name"), cores: runtime.NumCPU(), memory: memorySize(),
		system: runtime.GOOS + "/" + runtime.GOARCH, load: "unknown", compiler: runtime.Version(), version: version,
		date: time.Now().UTC().Format("2006-01-02 15:04 MST"),
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.load, _, _ = strings.Cut(string(text), " ")
	}
	return m, nil
}

// field returns what a file of lines `name: value` says first under a name, where there is such a file.
func field(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// memorySize rounds what Linux says in KiB: proc_meminfo(5).
func memorySize() string {
	var kib float64
	if _, err := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%f kB", &kib); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f GiB", kib/(1<<20))
}

// String says it in one line a fact.
func (m machine) String() string {
	return fmt.Sprintf(`- date: %s
- machine: %s, %d cores, memory %s, %s; load average at the start: %s
- storelink %s, built with %s
- %s
`, m.date, m.processor, m.cores, m.memory, m.system, m.load, m.version, m.compiler, m.database)
}

// writeDocument writes docs/PERFORMANCE.md anew.
func writeDocument(m machine, all results) error {
	text := fmt.Sprintf(documentText, m, markdown(all.rows), figureMarkdown(all.figures))
	if err := os.WriteFile(document, []byte(text), 0o644); err != nil { //nolint:gosec // a document for everybody
		return fmt.Errorf("write %s: %w", document, err)
	}
	fmt.Println(document, "written")
	return nil
}

const documentText = "# Performance\n\n" + "`make bench` measures; `make build && go run ./bench -write` measures and writes this page.\n" + `
%s
Everything runs on that one machine and shares its cores: storelink, its database, the sandbox that stands in for
upstream, the reverse proxy and the clients.

%s
What has no peer stands beside its goal:

%s
How it is measured:

- storelink is the built program as a process of its own, with default settings apart from the limit of calls upstream,
  which is off as it is in the sandbox where nothing else is said. It logs every request to a file. PostgreSQL writes through to the disk
  (fsync on).
- A connect is one POST /api/onboard of one store that nobody asked for before, until its outcome is answered. Upstream
  takes 50 ms a call. The peer is the two calls that a connect has to make (GET and POST of the connection), one after
  the other from a client that keeps its connection. Both go by turns, and the sandbox's record proves that both made
  the same calls.
- A read is GET /api/brands/{id} with a session. The peer is httputil.ReverseProxy, a process of its own, that puts the
  bearer token on the request and keeps as many connections to the same sandbox. Uncached: STORELINK_CACHE_TTL=0, one
  client, both by turns. Cached: eight clients, three phases of 1.2 s for each, by turns; the cache holds each answer
  for 30 s. The proxy asks upstream each time, so its rate falls with upstream's latency, and the comparison at 0 ms is
  the hardest one.
- Memory is VmRSS and VmHWM of /proc/PID/status. The highest of the run includes loading an organization of 10,000
  stores.
- Start to ready is from the start of the process to the first 200 of /readyz; for the proxy, to the first answer that
  it passed on.
- Each part of the second table begins with an empty database, a new sandbox and one sign-in.
- Calls of an outcome are counted in the sandbox's record of one store.
- The run under the limit: STORELINK_UPSTREAM_RATE is its default of 20, the sandbox refuses the 21st call of any sliding
  second, takes 50 ms a call, and two replicas share the work. Rates and seconds are read from the sandbox's record of
  when each call arrived; the share of 20/s is counted from the run's first call to its last. Meanwhile one client after
  another connects a single store through the second replica, half a second after the one before was answered. What such
  a click waits for the limit is its time beyond the median of clicks made before the run, by its two upstream calls.
- The run of many items: no limit, upstream 1 ms a call, one replica. The acceptance is one POST with Prefer: wait=0. The
  memory is VmHWM of a process that did nothing else. The growth is pg_database_size before and after, by the connects,
  with history, run and items, and with the space of row versions that no vacuum has freed yet.
- The ceiling: no limit, upstream 1 ms a call. Connects a second are a run's stores by the time from its acceptance to its
  end. Transactions are xact_commit of pg_stat_database over the run; statements are counted by pg_stat_statements, without
  BEGIN and COMMIT, in a run of its own on a server that loads it. Processor time is that of /proc/PID/stat, of
  PostgreSQL's all processes.
- A kill is SIGKILL to the only replica at a moment of a replace, upstream 50 ms a call; the moments are spread evenly
  over it. The program is started again at once. The time is that until the sandbox shows the new id, and 0 where it did
  already. Dark is from the effect of the DELETE to that of the POST that follows it in the sandbox's record. The upstream
  time-out is the default of 10 s.
- What history and counts cost: the ceiling's run with all of it, and without: the triggers that count are off and one drops
  each line of history. By turns, each on a database of its own.
- Operators' queries: the mappings are made by the bench (bench/population), and nobody looks for drift meanwhile. Look-ups in
  the process go through storelink's own code and pool, by turns with pgbench -M prepared, the same statement and as many
  connections; local store ids at random. Lists are first pages of 50 by one client, whose values change from one request to
  the next; the far page is reached by its cursors. The export is one request beside psql's \copy of the same columns to
  /dev/null. The plans behind all of it are in [ADMIN-QUERIES.md](ADMIN-QUERIES.md) (` + "`go run ./bench -explain`" + `).
- A goal is judged on the figure of its own row. Nothing fails where one is missed.
`
