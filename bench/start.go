package main

import (
	"context"
	"fmt"
	"time"
)

const (
	starts      = 7
	startsGoal  = 300 * time.Millisecond
	memoryGoal  = 64 // MiB
	idleSettles = 3 * time.Second
)

// measureStart measures from the start of the process until /readyz answers 200, and until the proxy, started the same
// way, has passed its first request on.
func measureStart(ctx context.Context, s *setup) ([]row, error) {
	s.proxy.stop()
	var ours, peers []time.Duration
	for range starts {
		p, took, err := s.startStorelink(ctx)
		if err != nil {
			return nil, err
		}
		p.stop()
		ours = append(ours, took)
		if p, took, err = s.startProxy(ctx); err != nil {
			return nil, err
		}
		p.stop()
		peers = append(peers, took)
	}
	if err := s.restartProxy(ctx); err != nil {
		return nil, err
	}
	return []row{
		durations("start to ready, migrated database", fmt.Sprintf("median of %d", starts), median(ours), median(peers), startPeer).atMost(startsGoal),
		durations("start to ready, migrated database", fmt.Sprintf("slowest of %d", starts), percentile(ours, 100), percentile(peers, 100), startPeer),
	}, nil
}

// restartProxy puts a fresh proxy in the place of the one that was stopped.
func (s *setup) restartProxy(ctx context.Context) (err error) {
	p, _, err := s.startProxy(ctx)
	if err == nil {
		s.proxy = p
	}
	return err
}

// measureIdle measures the memory of both processes before anybody asked them anything.
func measureIdle(ctx context.Context, s *setup, p *process) ([]row, error) {
	if err := s.restartedAfter(ctx); err != nil {
		return nil, err
	}
	first, err := both(p, s.proxy, "VmRSS")
	if err != nil {
		return nil, err
	}
	if err := settle(ctx, idleSettles); err != nil {
		return nil, err
	}
	then, err := both(p, s.proxy, "VmRSS")
	if err != nil {
		return nil, err
	}
	return []row{
		sizes("resident memory", "when ready", first),
		sizes("resident memory", "idle, 3 s later", then).atMostMiB(memoryGoal),
	}, nil
}

// restartedAfter gives the proxy the same age as storelink.
func (s *setup) restartedAfter(ctx context.Context) error {
	s.proxy.stop()
	return s.restartProxy(ctx)
}

func both(ours, peer *process, field string) (pair, error) {
	a, err := ours.memory(field)
	if err != nil {
		return pair{}, err
	}
	b, err := peer.memory(field)
	return pair{a, b}, err
}
