package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// wish is one item of a run.
type wish struct {
	store        remoteStore
	id, replaces string
}

// runState is a run as its owner sees it.
type runState struct {
	ID        string
	State     string
	Total     int
	CreatedAt time.Time
	EndedAt   *time.Time
	Counts    map[string]int
}

// begin asks for stores in one run, and does not wait for it. It returns how long the answer took.
func (c *client) begin(ctx context.Context, wishes []wish) (runState, time.Duration, error) {
	items := make([]map[string]string, len(wishes))
	for i, w := range wishes {
		items[i] = map[string]string{"brandId": w.store.BrandID, "storeId": w.store.StoreID, "localStoreId": w.id}
		if w.replaces != "" {
			items[i]["replaces"] = w.replaces
		}
	}
	return c.start(ctx, http.MethodPost, "/api/onboard", map[string]any{"items": items}, 0)
}

// start sends what begins a run, and waits up to so many seconds for its end.
func (c *client) start(ctx context.Context, method, path string, body any, wait int) (runState, time.Duration, error) {
	patient := newClient(c.origin)
	patient.header = c.header.Clone()
	patient.header.Set("Prefer", "wait="+strconv.Itoa(wait))
	patient.http = c.http
	began := time.Now()
	a, err := patient.call(ctx, method, path, body)
	took := time.Since(began)
	if err != nil {
		return runState{}, took, err
	}
	if a.status != http.StatusAccepted {
		err = a.expect(http.StatusOK)
	}
	var run runState
	if err == nil {
		err = json.Unmarshal(a.body, &run)
	}
	if err != nil {
		return runState{}, took, fmt.Errorf("begin a run: %w", err)
	}
	return run, took, nil
}

// ended waits for the end of the run, and returns an error where its items did not all end so.
func (c *client) ended(ctx context.Context, run runState, outcome string) (runState, error) {
	for run.State != "done" {
		if err := settle(ctx, 250*time.Millisecond); err != nil {
			return run, fmt.Errorf("wait for the run: %w", err)
		}
		a, err := c.call(ctx, http.MethodGet, "/api/onboard/"+run.ID, nil)
		if err == nil {
			err = a.expect(http.StatusOK)
		}
		if err == nil {
			err = json.Unmarshal(a.body, &run)
		}
		if err != nil {
			return run, fmt.Errorf("wait for the run: %w", err)
		}
	}
	if run.Counts[outcome] != run.Total {
		return run, fmt.Errorf("not all items of the run ended %s: %v", outcome, run.Counts)
	}
	return run, nil
}

// whole runs all the wishes as one run and waits for its end.
func (c *client) whole(ctx context.Context, wishes []wish, outcome string) (run runState, accepted time.Duration, err error) {
	run, accepted, err = c.begin(ctx, wishes)
	if err == nil {
		run, err = c.ended(ctx, run, outcome)
	}
	return run, accepted, err
}

// fresh wishes for ids that nobody has, for the stores in turn.
func fresh(stores []remoteStore) []wish {
	wishes := make([]wish, len(stores))
	for i, s := range stores {
		wishes[i] = wish{store: s, id: "K-" + s.StoreID}
	}
	return wishes
}

// measureCalls counts upstream's calls of one store for each outcome.
func measureCalls(ctx context.Context, s *setup) (results, error) {
	var all results
	err := s.with(ctx, nil, func(page *client, _ *process) error {
		store := s.stores[0]
		path := "/api/brands/" + store.BrandID + "/stores/" + store.StoreID + "/connection"
		for _, step := range []struct {
			outcome string
			ask     func() error
			want    map[string]int
		}{
			{"connected", s.asking(ctx, page, wish{store, "K-1", ""}, "connected"), map[string]int{"GET": 1, "POST": 1}},
			{"unchanged", s.asking(ctx, page, wish{store, "K-1", ""}, "unchanged"), map[string]int{"GET": 1}},
			{"replaced", s.asking(ctx, page, wish{store, "K-2", "K-1"}, "replaced"), map[string]int{"GET": 1, "DELETE": 1, "POST": 1}},
			{"disconnected", func() error {
				a, err := page.call(ctx, http.MethodDelete, path, nil)
				if err != nil {
					return err
				}
				return a.expect(http.StatusNoContent)
			}, map[string]int{"GET": 1, "DELETE": 1}},
		} {
			if err := s.forgetCalls(ctx); err != nil {
				return err
			}
			if err := step.ask(); err != nil {
				return err
			}
			got, err := s.callsByMethod(ctx, store)
			if err != nil {
				return err
			}
			n := 0
			for _, count := range got {
				n += count
			}
			want := 0
			for _, count := range step.want {
				want += count
			}
			all.figures = append(all.figures, fact("upstream calls", step.outcome, "%d", n).
				judged(fmt.Sprintf("exactly %d", want), maps.Equal(got, step.want)))
		}
		return nil
	})
	return all, err
}

func (s *setup) asking(ctx context.Context, page *client, w wish, outcome string) func() error {
	return func() error {
		_, _, err := page.whole(ctx, []wish{w}, outcome)
		return err
	}
}

func (s *setup) callsByMethod(ctx context.Context, store remoteStore) (map[string]int, error) {
	calls, err := s.record(ctx)
	if err != nil {
		return nil, err
	}
	got := map[string]int{}
	for _, c := range calls {
		if c.of(store) {
			got[c.Method]++
		}
	}
	return got, nil
}

// with runs f against one replica that starts on an empty database and a new sandbox, signed in.
func (s *setup) with(ctx context.Context, settings []string, f func(page *client, p *process) error) error {
	if err := s.afresh(ctx); err != nil {
		return err
	}
	p, _, err := s.startStorelink(ctx, settings...)
	if err != nil {
		return err
	}
	defer p.stop()
	page, err := s.signedIn(ctx)
	if err != nil {
		return err
	}
	return f(page, p)
}
