package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

const (
	upstreamTakes = 50 * time.Millisecond
	connects      = 100
	warmUps       = 5
	connectGoal   = 10 * time.Millisecond
)

// measureConnect connects stores through storelink and, by turns, with the same two calls made directly.
func measureConnect(ctx context.Context, s *setup, page *client) ([]row, error) {
	if err := s.setLatency(ctx, upstreamTakes); err != nil {
		return nil, err
	}
	if err := s.forgetCalls(ctx); err != nil {
		return nil, err
	}
	var ours, peers []time.Duration
	run := rand.Text()
	for i := range warmUps + connects {
		// Neighbours in the list are of one brand: a step that is prime to its length visits all brands.
		a, b := s.stores[(2*i*101)%len(s.stores)], s.stores[((2*i+1)*101)%len(s.stores)]
		through, err := timed(func() error { return connect(ctx, page, a, fmt.Sprintf("%s-%d", run, 2*i)) })
		if err != nil {
			return nil, err
		}
		direct, err := timed(func() error { return connectDirectly(ctx, s.direct, b, fmt.Sprintf("%s-%d", run, 2*i+1)) })
		if err != nil {
			return nil, err
		}
		if i >= warmUps {
			ours, peers = append(ours, through), append(peers, direct)
		}
	}
	if err := s.checkCalls(ctx, 2*(warmUps+connects)); err != nil {
		return nil, err
	}
	const name = "connect a store, upstream 50 ms a call"
	return []row{
		durations(name, fmt.Sprintf("median of %d", connects), median(ours), median(peers), directPeer).atMostOver(connectGoal),
		durations(name, "95th percentile", percentile(ours, 95), percentile(peers, 95), directPeer),
	}, s.setLatency(ctx, 0)
}

func timed(do func() error) (time.Duration, error) {
	began := time.Now()
	err := do()
	return time.Since(began), err
}

func connect(ctx context.Context, page *client, store remoteStore, localStoreID string) error {
	item := map[string]string{"brandId": store.BrandID, "storeId": store.StoreID, "localStoreId": localStoreID}
	a, err := page.call(ctx, http.MethodPost, "/api/onboard", map[string]any{"items": []any{item}})
	if err == nil {
		err = a.expect(http.StatusOK)
	}
	if err != nil {
		return err
	}
	var run struct{ Items []struct{ Outcome string } }
	if err := json.Unmarshal(a.body, &run); err != nil {
		return fmt.Errorf("read the run: %w", err)
	}
	if len(run.Items) != 1 || run.Items[0].Outcome != "connected" {
		return fmt.Errorf("the store was not connected: %.300s", a.body)
	}
	return nil
}

func connectDirectly(ctx context.Context, upstream *client, store remoteStore, localStoreID string) error {
	path := "/organization/v1/organization/brands/" + store.BrandID + "/stores/" + store.StoreID + "/connection"
	a, err := upstream.call(ctx, http.MethodGet, path, nil)
	if err == nil {
		err = a.expect(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	if a, err = upstream.call(ctx, http.MethodPost, path, map[string]string{"storeId": localStoreID}); err != nil {
		return err
	}
	return a.expect(http.StatusNoContent)
}

func (s *setup) forgetCalls(ctx context.Context) error {
	a, err := newClient(s.sandboxURL).call(ctx, http.MethodDelete, "/_sandbox/calls", nil)
	if err != nil {
		return err
	}
	return a.expect(http.StatusNoContent)
}

// checkCalls makes sure that upstream saw so many GETs and POSTs of connections and nothing else on one: else the two
// sides did not make the same calls, and there is nothing to compare.
func (s *setup) checkCalls(ctx context.Context, each int) error {
	a, err := newClient(s.sandboxURL).call(ctx, http.MethodGet, "/_sandbox/calls", nil)
	if err == nil {
		err = a.expect(http.StatusOK)
	}
	if err != nil {
		return err
	}
	var calls []struct{ Method, Path string }
	if err := json.Unmarshal(a.body, &calls); err != nil {
		return fmt.Errorf("read the sandbox's calls: %w", err)
	}
	got := map[string]int{}
	for _, c := range calls {
		if strings.HasSuffix(c.Path, "/connection") {
			got[c.Method]++
		}
	}
	want := map[string]int{http.MethodGet: each, http.MethodPost: each}
	if !maps.Equal(got, want) {
		return fmt.Errorf("upstream saw the calls %v on connections and not %v", got, want)
	}
	return nil
}
