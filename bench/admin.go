package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink/bench/population"
)

const (
	organizationsOfAll = 2000
	fillGoal           = time.Minute
	lookUpGoal         = 10 * time.Millisecond
	listGoal           = 50 * time.Millisecond
	lookUpClients      = 8
	lookUpPhase        = 3 * time.Second
	asked              = 200 // requests of each list
	farPage            = 1000
)

// measureAdmin measures what operators and other services ask of a table of many mappings.
func (o options) measureAdmin(ctx context.Context, s *setup) (results, error) {
	filled, err := s.populate(ctx, o.rows)
	if err != nil {
		return results{}, err
	}
	all := results{figures: []figure{fact(o.mappings(), "made", "%s", inSeconds(filled)).
		judged("≤ 1 min", filled <= fillGoal)}}
	inProcess, err := o.measureLookUps(ctx, s)
	if err != nil {
		return all, err
	}
	all.add(inProcess)
	// Nobody looks for drift meanwhile: the mappings are made up, and there is nothing to find.
	p, _, err := s.startStorelink(ctx, "STORELINK_DRIFT_INTERVAL=0")
	if err != nil {
		return all, err
	}
	defer p.stop()
	for _, measure := range []func(context.Context, *setup, *process) (results, error){
		o.measureLookUpsOverHTTP, o.measureLists, o.measurePages, o.measureStats, o.measureExport,
	} {
		measured, err := measure(ctx, s, p)
		if err != nil {
			return all, err
		}
		all.add(measured)
	}
	return all, nil
}

func (o options) mappings() string {
	return fmt.Sprintf("%d mappings of %d organizations", o.rows, organizationsOfAll)
}

// populate leaves a database of the newest schema with so many mappings, and returns how long making them took.
func (s *setup) populate(ctx context.Context, mappings int) (took time.Duration, err error) {
	if err := s.migrate(ctx); err != nil {
		return 0, err
	}
	// A load of this size is no reason for checkpoints on the way.
	if err := s.tell(ctx, `ALTER SYSTEM SET max_wal_size = '16GB'`, `SELECT pg_reload_conf()`); err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, s.tell(ctx, `CHECKPOINT`, `ALTER SYSTEM RESET max_wal_size`, `SELECT pg_reload_conf()`))
	}()
	began := time.Now()
	err = s.onDatabase(ctx, func(conn *pgx.Conn) error {
		return population.Fill(ctx, conn, population.Options{Mappings: mappings, Organizations: organizationsOfAll})
	})
	return time.Since(began), err
}

// operators are requests of the internal listener with the bench's token.
func (s *setup) operators(paths []string) target {
	return newTarget(s.internalAddr, s.internalAddr, paths, "Authorization", "Bearer "+s.adminToken)
}

// measureLookUpsOverHTTP has every client ask for mappings at random, as other services do on their hot path.
func (o options) measureLookUpsOverHTTP(ctx context.Context, s *setup, _ *process) (results, error) {
	random := rand.New(rand.NewPCG(1, 1))
	paths := make([]string, 5000)
	for i := range paths {
		n := 1 + random.IntN(o.rows)
		for !population.Connected(n) {
			n = 1 + random.IntN(o.rows)
		}
		paths[i] = "/admin/mappings/lookup?localStoreId=" + population.LocalID(n)
	}
	t := s.operators(paths)
	var warm, sum tally
	if err := t.load(ctx, lookUpClients, time.Second, &warm); err != nil {
		return results{}, err
	}
	times, err := t.timedLoad(ctx, lookUpClients, lookUpPhase, &sum)
	if err != nil {
		return results{}, err
	}
	name := fmt.Sprintf("look-up over HTTP, %d clients", lookUpClients)
	return results{figures: []figure{
		fact(name, "look-ups a second", "%.0f/s", sum.perSecond()),
		fact(name, "median", "%s", inMilliseconds(median(times))),
		fact(name, "99th percentile", "%s", inMilliseconds(percentile(times, 99))).judged("< 10 ms", percentile(times, 99) < lookUpGoal),
	}}, nil
}

// measureLists asks for first pages by filters whose values change from one request to the next.
func (o options) measureLists(ctx context.Context, s *setup, _ *process) (results, error) {
	states := []string{"failed", "conflict", "drifted", "waiting", "disconnected", "connected"}
	codes := []string{"store_not_found", "local_store_id_refused", "local_store_id_taken", "access_denied"}
	words := []string{"taco palace", "harbor", "noodle", "waffle bridge", "c0ffe", "1234", "curry mill 3", "partners 77"}
	var all results
	for _, list := range []struct {
		what string
		path func(i int) string
	}{
		{"state and code", func(i int) string { return "state=failed&code=" + codes[i%len(codes)] }},
		{"organization and state", func(i int) string {
			return "organizationId=" + population.OrganizationID(1+i*7%organizationsOfAll) + "&state=" + states[i%len(states)]
		}},
		{"state, by store name", func(i int) string { return "state=" + states[i%len(states)] + "&sort=storeName" }},
		{"free text", func(i int) string { return "q=" + url.QueryEscape(words[i%len(words)]) }},
		{"free text and state", func(i int) string {
			return "q=" + url.QueryEscape(words[i%len(words)]) + "&state=" + states[i/len(words)%len(states)]
		}},
		{"free text, newest first", func(i int) string { return "q=" + url.QueryEscape(words[i%len(words)]) + "&sort=-updatedAt" }},
	} {
		paths := make([]string, asked)
		for i := range paths {
			paths[i] = "/admin/mappings?" + list.path(i)
		}
		times, err := s.operators(paths).oneByOne(ctx)
		if err != nil {
			return all, fmt.Errorf("list by %s: %w", list.what, err)
		}
		name := "list by " + list.what
		all.figures = append(all.figures,
			fact(name, "median", "%s", inMilliseconds(median(times))),
			fact(name, "99th percentile", "%s", inMilliseconds(percentile(times, 99))).judged("< 50 ms", percentile(times, 99) < listGoal))
	}
	return all, nil
}

// measurePages turns page after page, and asks for the first and the last one again and again.
func (o options) measurePages(ctx context.Context, s *setup, _ *process) (results, error) {
	var all results
	for _, order := range []string{"id", "storeName"} {
		first := "/admin/mappings?limit=50&state=connected&sort=" + order
		page, far, n := first, first, 1
		for ; n < min(farPage, o.rows/100); n++ {
			next, err := s.nextPage(ctx, page)
			if err != nil {
				return all, err
			}
			page = first + "&cursor=" + url.QueryEscape(next)
			far = page
		}
		near, err := s.operators([]string{first}).times(ctx, asked)
		if err != nil {
			return all, err
		}
		there, err := s.operators([]string{far}).times(ctx, asked)
		if err != nil {
			return all, err
		}
		name := fmt.Sprintf("page %d of 50 by %s", n, order)
		r := durations(name, fmt.Sprintf("median of %d", asked), median(there), median(near), "page 1")
		all.rows = append(all.rows, r.judge("≤ 1.5 times", r.values.ours <= 1.5*r.values.peer))
	}
	return all, nil
}

func (s *setup) nextPage(ctx context.Context, path string) (string, error) {
	a, err := s.operator().call(ctx, http.MethodGet, path, nil)
	if err == nil {
		err = a.expect(http.StatusOK)
	}
	if err != nil {
		return "", err
	}
	var page struct{ NextCursor string }
	if err := json.Unmarshal(a.body, &page); err != nil {
		return "", fmt.Errorf("read a page: %w", err)
	}
	if page.NextCursor == "" {
		return "", fmt.Errorf("%s is the last page", path)
	}
	return page.NextCursor, nil
}

// operator is a client of the internal listener.
func (s *setup) operator() *client {
	c := newClient("http://" + s.internalAddr)
	c.header.Set("Authorization", "Bearer "+s.adminToken)
	c.http.Timeout = patience
	return c
}

func (o options) measureStats(ctx context.Context, s *setup, _ *process) (results, error) {
	var all results
	for _, path := range []string{"/admin/stats", "/admin/stats/history?days=366", "/admin/organizations"} {
		times, err := s.operators([]string{path}).times(ctx, asked)
		if err != nil {
			return all, err
		}
		all.figures = append(all.figures,
			fact("GET "+path, "median", "%s", inMilliseconds(median(times))),
			fact("GET "+path, "99th percentile", "%s", inMilliseconds(percentile(times, 99))).judged("< 50 ms", percentile(times, 99) < listGoal))
	}
	return all, nil
}

// export reads the file of all mappings and keeps nothing of it.
func (s *setup) export(ctx context.Context) (took time.Duration, size int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.internalAddr+"/admin/mappings", nil)
	if err != nil {
		return 0, 0, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.adminToken)
	req.Header.Set("Accept", "text/csv")
	began := time.Now()
	resp, err := s.operator().http.Do(req)
	if err != nil {
		return 0, 0, fmt.Errorf("export: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	size, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("export: %w", err)
	}
	return time.Since(began), size, nil
}
