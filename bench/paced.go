package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	upstreamRate = 20 // calls a second that upstream allows, and the default of STORELINK_UPSTREAM_RATE
	shareGoal    = 0.97
	slot         = 51 * time.Millisecond // between two calls of the budget
	clickEvery   = 500 * time.Millisecond
	quietClicks  = 20
	clickCalls   = 2 // upstream calls of a connect
)

// measurePacedRun measures a run against upstream's limit of calls, with two replicas, and clicks of somebody else
// meanwhile.
func (o options) measurePacedRun(ctx context.Context, s *setup) (results, error) {
	var all results
	err := s.with(ctx, []string{fmt.Sprintf("STORELINK_UPSTREAM_RATE=%d", upstreamRate)}, func(page *client, _ *process) error {
		second, err := s.startSecond(ctx, fmt.Sprintf("STORELINK_UPSTREAM_RATE=%d", upstreamRate))
		if err != nil {
			return err
		}
		defer second.stop()
		limits := map[string]any{"ratePerSecond": upstreamRate, "latencyMs": upstreamTakes.Milliseconds()}
		if err := s.setSandbox(ctx, limits); err != nil {
			return err
		}
		// Clicks take their stores from the end of the list.
		clicks := clicker{page: page.at(s.second.origin()), stores: s.stores[o.stores:]}
		quiet, err := clicks.several(ctx, quietClicks)
		if err != nil {
			return fmt.Errorf("clicks before the run: %w", err)
		}
		if err := s.forgetCalls(ctx); err != nil {
			return err
		}
		run, _, err := page.begin(ctx, fresh(s.stores[:o.stores]))
		if err != nil {
			return err
		}
		busy, err := clicks.during(ctx, page, run)
		if err != nil {
			return err
		}
		all.figures, err = s.pacedFigures(ctx, o.stores, quiet, busy)
		return err
	})
	return all, err
}

func (s *setup) pacedFigures(ctx context.Context, stores int, quiet, busy []time.Duration) ([]figure, error) {
	calls, err := s.record(ctx)
	if err != nil {
		return nil, err
	}
	p := paceOf(calls)
	share := p.perSecond / upstreamRate
	name := fmt.Sprintf("run of %d new stores, 20 calls a second, 2 replicas", stores)
	waits := make([]time.Duration, len(busy))
	for i, took := range busy {
		waits[i] = max(0, took-median(quiet)) / clickCalls
	}
	clicks := fmt.Sprintf("of %d clicks", len(busy))
	return []figure{
		fact(name, "share of 20/s used", "%.3f", share).judged("≥ 0.97", share >= shareGoal),
		fact(name, fmt.Sprintf("429s of %d calls", p.calls), "%d", p.throttled).judged("0", p.throttled == 0),
		fact(name, "most calls in any sliding second", "%d", p.densest).judged("≤ 20", p.densest <= upstreamRate),
		fact("a click meanwhile waits for the limit", "median by upstream call, "+clicks, "%s", inMilliseconds(median(waits))).
			judged("≤ 51 ms", median(waits) <= slot),
		fact("a click meanwhile waits for the limit", "99th percentile by upstream call, "+clicks, "%s", inMilliseconds(percentile(waits, 99))),
		fact("a click from end to end", "median before the run", "%s", inMilliseconds(median(quiet))),
		fact("a click from end to end", "median during the run", "%s", inMilliseconds(median(busy))),
	}, nil
}

// clicker connects single stores, each of them once.
type clicker struct {
	page   *client
	stores []remoteStore
}

func (c *clicker) click(ctx context.Context) (time.Duration, error) {
	if len(c.stores) == 0 {
		return 0, fmt.Errorf("there is no store left to click on")
	}
	store := c.stores[len(c.stores)-1]
	c.stores = c.stores[:len(c.stores)-1]
	item := map[string]string{"brandId": store.BrandID, "storeId": store.StoreID, "localStoreId": "C-" + store.StoreID}
	run, took, err := c.page.start(ctx, http.MethodPost, "/api/onboard", map[string]any{"items": []any{item}}, 30)
	if err == nil && run.Counts["connected"] != 1 {
		err = fmt.Errorf("a click did not connect its store: %v", run.Counts)
	}
	return took, err
}

func (c *clicker) several(ctx context.Context, n int) ([]time.Duration, error) {
	var all []time.Duration
	for range n {
		took, err := c.click(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, took)
		if err := settle(ctx, clickEvery); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// during clicks until the run of the other page ends. The last click, which may have outlived it, is left out.
func (c *clicker) during(ctx context.Context, page *client, run runState) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		defer close(done)
		_, err := page.ended(ctx, run, "connected")
		done <- err
	}()
	defer func() {
		cancel()
		for range done { // until it has ended
		}
	}()
	var all []time.Duration
	for {
		took, err := c.click(ctx)
		if err != nil {
			return nil, fmt.Errorf("clicks during the run: %w", err)
		}
		select {
		case err := <-done:
			if err == nil && len(all) == 0 {
				err = fmt.Errorf("the run of %d stores ended before the first click: more are needed", run.Total)
			}
			return all, err
		case <-time.After(clickEvery):
			all = append(all, took)
		}
	}
}
