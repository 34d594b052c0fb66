package main

import (
	"context"
	"fmt"
	"time"
)

const (
	quickUpstream   = time.Millisecond
	acceptGoal      = time.Second
	bigRunMemory    = 128 // MiB
	smallRunDivisor = 10
)

// bigRun is what one run of many items cost.
type bigRun struct {
	items    int
	accepted time.Duration
	memory   float64 // MiB, the process's highest
	growth   float64 // bytes
}

// measureBigRun measures how long a run of many items takes to be accepted, and what it costs in memory and in the
// database. A run of a tenth of the items shows whether the memory grows with them.
func (o options) measureBigRun(ctx context.Context, s *setup) (results, error) {
	small, err := s.bigRun(ctx, max(1, o.items/smallRunDivisor))
	if err != nil {
		return results{}, err
	}
	big, err := s.bigRun(ctx, o.items)
	if err != nil {
		return results{}, err
	}
	name := fmt.Sprintf("run of %d new stores, 1 replica", big.items)
	return results{figures: []figure{
		fact(name, "accepted", "%s", inMilliseconds(big.accepted)).judged("≤ 1 s", big.accepted <= acceptGoal),
		fact(name, "highest resident memory", "%.1f MiB", big.memory).judged("≤ 128 MiB", big.memory <= bigRunMemory),
		fact(fmt.Sprintf("run of %d new stores, 1 replica", small.items), "highest resident memory", "%.1f MiB", small.memory),
		fact(name, "database growth by connect", "%.0f bytes", big.growth/float64(big.items)),
	}}, nil
}

func (s *setup) bigRun(ctx context.Context, items int) (bigRun, error) {
	big := bigRun{items: items}
	if items > len(s.stores) {
		return big, fmt.Errorf("the account has %d stores and not %d", len(s.stores), items)
	}
	err := s.with(ctx, nil, func(page *client, p *process) error {
		if err := s.setLatency(ctx, quickUpstream); err != nil {
			return err
		}
		before, err := s.ask(ctx, databaseSize)
		if err != nil {
			return err
		}
		if _, big.accepted, err = page.whole(ctx, fresh(s.stores[:items]), "connected"); err != nil {
			return err
		}
		after, err := s.ask(ctx, databaseSize)
		if err != nil {
			return err
		}
		big.growth = after - before
		big.memory, err = p.memory("VmHWM")
		return err
	})
	return big, err
}
