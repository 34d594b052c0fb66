// Command bench measures what storelink costs, each figure beside its peer's in the same run, and prints a table. The
// peers are the same calls made directly, and httputil.ReverseProxy in front of the same sandbox. With -write it writes
// docs/PERFORMANCE.md, too.
//
// It runs the program that `make build` made, as its own process, on a PostgreSQL server that keeps its promises
// (fsync on), with the sandbox as upstream. All traffic stays on loopback. A goal that is missed is printed as such and
// is no failure: only a step that breaks is.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	binary   = "bin/storelink"
	stateDir = ".storelink/bench"
	document = "docs/PERFORMANCE.md"

	// patience bounds the whole run, its clean-up not included.
	patience = 90 * time.Second
)

func main() {
	write := flag.Bool("write", false, "write "+document)
	peer := flag.Bool(peerFlag, false, "be the reverse proxy that storelink is measured against")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *peer {
		err = serveProxy(ctx)
	} else {
		err = bench(ctx, *write)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, write bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
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
	var rows []row
	for _, part := range []struct {
		says    string
		measure func(context.Context, *setup) ([]row, error)
	}{
		{"start to ready", measureStart},
		{"memory, connects and cached reads", measureDefault},
		{"uncached reads", measureUncached},
	} {
		fmt.Printf("%4.0f s  %s\n", time.Since(began).Seconds(), part.says)
		measured, err := part.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w (logs in %s)", part.says, err, stateDir)
		}
		rows = append(rows, measured...)
	}
	fmt.Printf("%4.0f s  done\n\n%s\n%s", time.Since(began).Seconds(), m, table(rows))
	if !write {
		return nil
	}
	return writeDocument(m, rows)
}
