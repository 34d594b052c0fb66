// Command bench measures what storelink costs, each figure beside its peer's in the same run, and prints a table. The
// peers are the same calls made directly, and httputil.ReverseProxy in front of the same sandbox. What has no peer, runs
// and kills, stands beside its goal. With -write it writes docs/PERFORMANCE.md, too; -only measures some parts alone.
//
// It runs the program that `make build` made, as its own process, on a PostgreSQL server that keeps its promises
// (fsync on), with the sandbox as upstream. All traffic stays on loopback. A goal that is missed is printed as such and
// is no failure: only a step that breaks is. With -explain it measures nothing and writes docs/ADMIN-QUERIES.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	binary   = "bin/storelink"
	stateDir = ".storelink/bench"
	document = "docs/PERFORMANCE.md"

	// patience bounds the whole run, its clean-up not included.
	patience = 45 * time.Minute
)

// options say what is measured and on how much.
type options struct {
	write  bool
	only   string // parts, comma separated; empty: all
	stores int    // of the run that is measured against the limit of calls upstream
	items  int    // of the run whose acceptance and memory are measured
	burst  int    // stores of each run without that limit
	kills  int
	rows   int  // mappings that operators' queries are measured on
	plans  bool // write plansDocument instead
}

// part is what can be measured by itself.
type part struct {
	name, says string
	measure    func(context.Context, *setup) (results, error)
}

func (o options) parts() []part {
	return []part{
		{"connect", "start to ready", withPeer(measureStart)},
		{"connect", "memory, connects and cached reads", withPeer(measureDefault)},
		{"reads", "uncached reads", withPeer(measureUncached)},
		{"runs", "calls of each outcome", measureCalls},
		{"runs", "a run under the limit of calls, and clicks meanwhile", o.measurePacedRun},
		{"runs", "a run of many items", o.measureBigRun},
		{"ceiling", "connects without the limit of calls", o.measureCeiling},
		{"kills", "kills", o.measureKills},
		{"counts", "what history and counts cost", o.measureCounts},
		{"admin", "operators' queries", o.measureAdmin},
	}
}

// chosen returns the parts that -only names, or an error where it names one that there is not.
func (o options) chosen() ([]part, error) {
	all := o.parts()
	if o.only == "" {
		return all, nil
	}
	var parts []part
	names := strings.Split(o.only, ",")
	for _, name := range names {
		if !slices.ContainsFunc(all, func(p part) bool { return p.name == name }) {
			return nil, fmt.Errorf("-only: there is no part %q", name)
		}
	}
	for _, p := range all {
		if slices.Contains(names, p.name) {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// withPeer makes a part of a measurement whose figures all stand beside a peer's.
func withPeer(measure func(context.Context, *setup) ([]row, error)) func(context.Context, *setup) (results, error) {
	return func(ctx context.Context, s *setup) (results, error) {
		rows, err := measure(ctx, s)
		return results{rows: rows}, err
	}
}

func main() {
	var o options
	flag.BoolVar(&o.write, "write", false, "write "+document)
	flag.StringVar(&o.only, "only", "", "measure these parts alone, comma separated: connect, reads, runs, ceiling, kills, counts, admin")
	flag.IntVar(&o.stores, "stores", 1000, "stores of the run under the limit of calls")
	flag.IntVar(&o.items, "items", 10_000, "items of the run whose acceptance and memory are measured")
	flag.IntVar(&o.burst, "burst", 3000, "stores of each run without the limit of calls")
	flag.IntVar(&o.kills, "kills", 50, "how often the program is killed")
	flag.IntVar(&o.rows, "rows", 1_000_000, "mappings that operators' queries are measured on")
	flag.BoolVar(&o.plans, "explain", false, "measure nothing, and write how the database answers operators' queries to "+plansDocument)
	peer := flag.Bool(peerFlag, false, "be the reverse proxy that storelink is measured against")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *peer {
		err = serveProxy(ctx)
	} else {
		err = bench(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	parts, err := o.chosen()
	if err != nil {
		return err
	}
	if o.write && o.only != "" {
		return errors.New("-write needs all parts: leave -only out")
	}
	began := time.Now()
	m, err := describeMachine(ctx)
	if err != nil {
		return err
	}
	s, err := newSetup(ctx)
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return err
	}
	m.database, _, _ = strings.Cut(s.database.Programs(), " in ") // where they are depends on the checkout
	if o.plans {
		return o.writePlans(ctx, s, m)
	}
	var all results
	for _, part := range parts {
		fmt.Printf("%4.0f s  %s\n", time.Since(began).Seconds(), part.says)
		measured, err := part.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w (logs in %s)", part.says, err, stateDir)
		}
		all.add(measured)
	}
	fmt.Printf("%4.0f s  done\n\n%s\n%s", time.Since(began).Seconds(), m, all.tables())
	if !o.write {
		return nil
	}
	return writeDocument(m, all)
}
