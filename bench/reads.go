package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	reads        = 2000
	readsGoal    = 2 * time.Millisecond
	clients      = 8
	phases       = 3
	phaseLasts   = 1200 * time.Millisecond
	cachedGoal   = 3 // times the proxy's rate
	loadPatience = 20 * time.Second
)

// measureDefault measures what is measured at default settings, on one process: its memory while nobody asks,
// connects, and cached reads.
func measureDefault(ctx context.Context, s *setup) ([]row, error) {
	p, _, err := s.startStorelink(ctx)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	idle, err := measureIdle(ctx, s, p)
	if err != nil {
		return nil, err
	}
	page, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	if err := waitForTree(ctx, page); err != nil {
		return nil, err
	}
	connected, err := measureConnect(ctx, s, page)
	if err != nil {
		return nil, err
	}
	cached, err := measureCached(ctx, s, page)
	if err != nil {
		return nil, err
	}
	highest, err := both(p, s.proxy, "VmHWM")
	if err != nil {
		return nil, err
	}
	return slices.Concat(idle, []row{sizes("resident memory", "highest of the run", highest)}, connected, cached), nil
}

// waitForTree waits until the organization's stores are loaded, so that this goes on beside no measurement.
func waitForTree(ctx context.Context, page *client) error {
	ctx, cancel := context.WithTimeout(ctx, loadPatience)
	defer cancel()
	for {
		a, err := page.call(ctx, http.MethodGet, "/api/stores?limit=1", nil)
		if err == nil {
			err = a.expect(http.StatusOK)
		}
		if err != nil {
			return err
		}
		var list struct{ Loading *struct{} }
		if err := json.Unmarshal(a.body, &list); err != nil {
			return fmt.Errorf("read the stores: %w", err)
		}
		if list.Loading == nil {
			return nil
		}
		if err := settle(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("wait for the stores: %w", err)
		}
	}
}

// measureCached measures how many answers eight clients get in a second, from upstream at once and at 50 ms a call.
func measureCached(ctx context.Context, s *setup, page *client) ([]row, error) {
	var rows []row
	for _, latency := range []time.Duration{0, upstreamTakes} {
		if err := s.setLatency(ctx, latency); err != nil {
			return nil, err
		}
		var ours, peers tally
		for phase := range phases + 1 {
			if phase == 1 { // the first fills the cache and opens connections
				ours, peers = tally{}, tally{}
			}
			if err := s.throughStorelink(page).load(ctx, clients, phaseLasts, &ours); err != nil {
				return nil, fmt.Errorf("cached reads: %w", err)
			}
			if err := s.throughProxy().load(ctx, clients, phaseLasts, &peers); err != nil {
				return nil, fmt.Errorf("reads through the proxy: %w", err)
			}
		}
		name := fmt.Sprintf("cached read of a brand, upstream %d ms", latency.Milliseconds())
		rows = append(rows, rates(name, fmt.Sprintf("%d clients", clients), ours.perSecond(), peers.perSecond()).atLeastTimes(cachedGoal))
	}
	return rows, s.setLatency(ctx, 0)
}

// measureUncached measures single reads with the cache off, by turns through storelink and the proxy.
func measureUncached(ctx context.Context, s *setup) ([]row, error) {
	p, _, err := s.startStorelink(ctx, "STORELINK_CACHE_TTL=0")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	page, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	through, err := s.throughStorelink(page).dial(ctx)
	if err != nil {
		return nil, err
	}
	defer through.close()
	proxied, err := s.throughProxy().dial(ctx)
	if err != nil {
		return nil, err
	}
	defer proxied.close()
	if err := s.forgetCalls(ctx); err != nil {
		return nil, err
	}
	var ours, peers []time.Duration
	for i := range reads + reads/10 {
		a, err := through.timed()
		if err != nil {
			return nil, fmt.Errorf("read through storelink: %w", err)
		}
		b, err := proxied.timed()
		if err != nil {
			return nil, fmt.Errorf("read through the proxy: %w", err)
		}
		if i >= reads/10 {
			ours, peers = append(ours, a), append(peers, b)
		}
	}
	const name = "uncached read of a brand, upstream 0 ms"
	return []row{
		durations(name, fmt.Sprintf("median of %d", reads), median(ours), median(peers), proxyPeer).atMostOver(readsGoal),
		durations(name, "95th percentile", percentile(ours, 95), percentile(peers, 95), proxyPeer),
	}, nil
}

func (s *setup) throughStorelink(page *client) target {
	var paths []string
	for _, id := range s.brands {
		paths = append(paths, "/api/brands/"+id)
	}
	at := &url.URL{Host: s.publicURL[len("http://"):]}
	cookies := ""
	for _, c := range page.Cookies(at) {
		cookies += c.Name + "=" + c.Value + "; "
	}
	return newTarget(s.publicAddr, at.Host, paths, "Cookie", cookies[:max(0, len(cookies)-2)], "Sec-Fetch-Site", "same-origin")
}

func (s *setup) throughProxy() target {
	var paths []string
	for _, id := range s.brands {
		paths = append(paths, "/organization/v1/organization/brands/"+id)
	}
	return newTarget(s.proxyAddr, s.proxyAddr, paths)
}
