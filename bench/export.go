package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

const (
	exports    = 2
	exportGoal = 2 // times psql
)

// measureExport reads all mappings as CSV and, by turns, has psql copy the same columns.
func (o options) measureExport(ctx context.Context, s *setup, p *process) (results, error) {
	before, err := p.memory("VmHWM")
	if err != nil {
		return results{}, err
	}
	query, err := s.exportQuery(ctx)
	if err != nil {
		return results{}, err
	}
	var ours, peers []time.Duration
	var size int64
	peer := ""
	for range exports {
		took, n, err := s.export(ctx)
		if err != nil {
			return results{}, err
		}
		size = n
		ours = append(ours, took)
		if took, peer, err = s.copyOut(ctx, query); err != nil {
			return results{}, err
		}
		peers = append(peers, took)
	}
	after, err := p.memory("VmHWM")
	if err != nil {
		return results{}, err
	}
	name := fmt.Sprintf("CSV of %d mappings, %.0f MiB", o.rows, float64(size)/(1<<20))
	r := durations(name, fmt.Sprintf("fastest of %d", exports), slices.Min(ours), slices.Min(peers), peer)
	return results{
		rows: []row{r.judge(fmt.Sprintf("≤ %d times", exportGoal), r.values.ours <= exportGoal*r.values.peer)},
		figures: []figure{
			fact(name, "highest resident memory before", "%.1f MiB", before),
			fact(name, "highest resident memory after", "%.1f MiB", after).judged("≤ 128 MiB", after <= bigRunMemory),
		},
	}, nil
}

// exportQuery is what an export asks the database.
func (s *setup) exportQuery(ctx context.Context) (string, error) {
	found, err := s.asks(ctx, func(db *notedStore) error {
		enough := errors.New("one is enough")
		if err := db.ExportMappings(ctx, storelink.MappingFilter{}, func(*storelink.Mapping) error { return enough }); !errors.Is(err, enough) {
			return err
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for _, q := range found {
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(q.SQL)), "SELECT") {
			return q.SQL, nil
		}
	}
	return "", errors.New("the export asked the database nothing")
}

// copyOut copies what the query finds to nowhere, with psql where there is one.
func (s *setup) copyOut(ctx context.Context, query string) (took time.Duration, with string, err error) {
	query = strings.Join(strings.Fields(query), " ")
	psql, err := program("psql")
	if err == nil {
		began := time.Now()
		out, err := command(ctx, nil, psql, "-X", "-q", s.database.URL(), "-c", `\copy (`+query+`) TO '/dev/null' CSV HEADER`).CombinedOutput()
		if err != nil {
			return 0, "", fmt.Errorf("psql: %w: %s", err, out)
		}
		return time.Since(began), `psql \copy`, nil
	}
	err = s.onDatabase(ctx, func(conn *pgx.Conn) error {
		began := time.Now()
		_, err := conn.PgConn().CopyTo(ctx, io.Discard, `COPY (`+query+`) TO STDOUT CSV HEADER`)
		took = time.Since(began)
		return err
	})
	return took, "COPY (no psql here)", err
}

// program finds a program of PostgreSQL's client on this machine.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("there is no %s on this machine", name)
	}
	return found[len(found)-1], nil
}
