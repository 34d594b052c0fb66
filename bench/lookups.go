package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink/bench/population"
	"storelink/internal/store"
)

const (
	lookUpTurns = 3
	lookUpShare = 0.8 // of pgbench's rate
)

// notedStore is the database as storelink uses it, with a note of each query.
type notedStore struct {
	*store.DB
	queries []pgx.TraceQueryStartData
}

// TraceQueryStart is pgx.QueryTracer's.
func (n *notedStore) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	n.queries = append(n.queries, q)
	return ctx
}

// TraceQueryEnd is pgx.QueryTracer's.
func (*notedStore) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart is pgx.BatchTracer's.
func (n *notedStore) TraceBatchStart(ctx context.Context, _ *pgx.Conn, batch pgx.TraceBatchStartData) context.Context {
	for _, q := range batch.Batch.QueuedQueries {
		n.queries = append(n.queries, pgx.TraceQueryStartData{SQL: q.SQL, Args: q.Arguments})
	}
	return ctx
}

// TraceBatchQuery is pgx.BatchTracer's.
func (*notedStore) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is pgx.BatchTracer's.
func (*notedStore) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// asks returns what f asks the database, in order. f may not ask several things at once.
func (s *setup) asks(ctx context.Context, f func(*notedStore) error) ([]pgx.TraceQueryStartData, error) {
	n := &notedStore{}
	var err error
	if n.DB, err = store.Open(ctx, s.database.URL(), store.Options{Tracer: n}); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	defer n.Close()
	n.queries = nil
	if err := f(n); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	return n.queries, nil
}

// measureLookUps has this process look mappings up through storelink's own code, and pgbench with the same statement,
// prepared by both, by turns and with as many connections.
func (o options) measureLookUps(ctx context.Context, s *setup) (results, error) {
	what, how := "look-up by local store id, in the process", fmt.Sprintf("%d connections", lookUpClients)
	db, err := store.Open(ctx, s.database.URL(), store.Options{MaxAdminConns: lookUpClients})
	if err != nil {
		return results{}, fmt.Errorf("open the database: %w", err)
	}
	defer db.Close()
	pgbench, missing := program("pgbench")
	script := filepath.Join(stateDir, "lookup.sql")
	if missing == nil {
		if err := o.writeLookUp(ctx, s, script); err != nil {
			return results{}, err
		}
	}
	var warm, ours tally
	if err := o.lookUps(ctx, db, time.Second, &warm); err != nil {
		return results{}, err
	}
	var peers float64
	for range lookUpTurns {
		if err := o.lookUps(ctx, db, lookUpPhase, &ours); err != nil {
			return results{}, err
		}
		if missing != nil {
			continue
		}
		rate, err := s.runPgbench(ctx, pgbench, script)
		if err != nil {
			return results{}, err
		}
		peers += rate / lookUpTurns
	}
	if missing != nil {
		return results{figures: []figure{fact(what, how+"; no pgbench on this machine", "%.0f/s", ours.perSecond())}}, nil
	}
	r := rates(what, how, ours.perSecond(), peers)
	r.peer = "pgbench, the same statement"
	return results{rows: []row{r.judge(fmt.Sprintf("≥ %.1f times", lookUpShare), r.values.ours >= lookUpShare*r.values.peer)}}, nil
}

func (o options) lookUps(ctx context.Context, db *store.DB, d time.Duration, sum *tally) error {
	var group sync.WaitGroup
	answers, failures := make([]int, lookUpClients), make([]error, lookUpClients)
	began := time.Now()
	for i := range lookUpClients {
		group.Go(func() {
			random := rand.New(rand.NewPCG(rand.Uint64(), 1))
			for failures[i] == nil && time.Since(began) < d {
				_, failures[i] = db.LookupMapping(ctx, population.LocalID(1+random.IntN(o.rows)), "")
				answers[i]++
			}
		})
	}
	group.Wait()
	sum.took += time.Since(began)
	for _, n := range answers {
		sum.answers += n
	}
	return errors.Join(failures...)
}

// writeLookUp writes the statement of a look-up as pgbench reads it.
func (o options) writeLookUp(ctx context.Context, s *setup, path string) error {
	asked, err := s.asks(ctx, func(db *notedStore) error {
		_, err := db.LookupMapping(ctx, population.LocalID(1), "")
		return err
	})
	if err != nil {
		return err
	}
	sql := strings.ReplaceAll(asked[len(asked)-1].SQL, "$1", ":id")
	text := fmt.Sprintf("\\set id random(1, %d)\n%s;\n", o.rows, strings.TrimSpace(sql))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write pgbench's script: %w", err)
	}
	return nil
}

var pgbenchRate = regexp.MustCompile(`tps = ([0-9.]+) \(without`)

func (s *setup) runPgbench(ctx context.Context, pgbench, script string) (float64, error) {
	out, err := command(ctx, nil, pgbench, "-n", "-M", "prepared", "-c", strconv.Itoa(lookUpClients), "-j", "2",
		"-T", strconv.Itoa(int(lookUpPhase.Seconds())), "-f", script, s.database.URL()).CombinedOutput()
	found := pgbenchRate.FindSubmatch(out)
	if err != nil || found == nil {
		return 0, fmt.Errorf("pgbench: %w: %s", errors.Join(err, errors.New("no rate")), out)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0, fmt.Errorf("pgbench's rate: %w", err)
	}
	return rate, nil
}
