package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	ceilingGoal   = 500 // connects a second
	countedStores = 300
)

// burst is what one run without the limit of calls cost.
type burst struct {
	stores       int
	took         time.Duration
	transactions float64
	processor    map[string]time.Duration // by whom
}

func (b burst) perSecond() float64 { return float64(b.stores) / b.took.Seconds() }

func (b burst) byConnect(n float64) float64 { return n / float64(b.stores) }

// measureCeiling measures how many stores are connected in a second where upstream sets no limit.
func (o options) measureCeiling(ctx context.Context, s *setup) (results, error) {
	if 2*o.burst > len(s.stores) {
		return results{}, fmt.Errorf("the account has %d stores: two runs of %d are too many", len(s.stores), o.burst)
	}
	var one, two burst
	err := s.with(ctx, nil, func(page *client, first *process) (err error) {
		if err := s.setLatency(ctx, quickUpstream); err != nil {
			return err
		}
		if one, err = s.burst(ctx, page, s.stores[:o.burst], first); err != nil {
			return err
		}
		second, err := s.startSecond(ctx)
		if err != nil {
			return err
		}
		defer second.stop()
		two, err = s.burst(ctx, page, s.stores[o.burst:2*o.burst], first, second)
		return err
	})
	if err != nil {
		return results{}, err
	}
	counted, err := s.countStatements(ctx)
	if err != nil {
		return results{}, fmt.Errorf("count statements: %w", err)
	}
	return results{figures: append(ceilingFigures(one, two), counted)}, nil
}

func ceilingFigures(one, two burst) []figure {
	name := fmt.Sprintf("run of %d new stores, no limit, upstream 1 ms", one.stores)
	figures := []figure{
		fact(name, "connects a second, 1 replica", "%.0f/s", one.perSecond()).judged("≥ 500/s", one.perSecond() >= ceilingGoal),
		fact(name, "connects a second, 2 replicas", "%.0f/s", two.perSecond()),
		fact(name, "transactions by connect", "%.2f", one.byConnect(one.transactions)),
	}
	for _, who := range []string{"storelink", "PostgreSQL", "sandbox"} {
		figures = append(figures, fact(name, "processor time by connect, 1 replica: "+who, "%s",
			inMilliseconds(one.processor[who]/time.Duration(one.stores))))
	}
	return figures
}

func (s *setup) burst(ctx context.Context, page *client, stores []remoteStore, replicas ...*process) (burst, error) {
	b := burst{stores: len(stores)}
	before, err := s.spent(ctx, replicas)
	if err != nil {
		return b, err
	}
	run, _, err := page.whole(ctx, fresh(stores), "connected")
	if err != nil {
		return b, err
	}
	if run.EndedAt == nil {
		return b, errors.New("the run has no end")
	}
	b.took = run.EndedAt.Sub(run.CreatedAt)
	after, err := s.spent(ctx, replicas)
	if err != nil {
		return b, err
	}
	b.transactions = after.transactions - before.transactions
	b.processor = map[string]time.Duration{}
	for who, spent := range after.processor {
		b.processor[who] = spent - before.processor[who]
	}
	return b, nil
}

// spending is what everybody has spent so far.
type spending struct {
	transactions float64
	processor    map[string]time.Duration
}

func (s *setup) spent(ctx context.Context, replicas []*process) (spending, error) {
	sum := spending{processor: map[string]time.Duration{}}
	processor, err := processorOfFamily(s.database.PID())
	if err != nil {
		return sum, err
	}
	sum.processor["PostgreSQL"] = processor
	if processor, err = processorOf(s.sandbox.cmd.Process.Pid); err != nil {
		return sum, err
	}
	sum.processor["sandbox"] = processor
	for _, p := range replicas {
		processor, err := processorOf(p.cmd.Process.Pid)
		if err != nil {
			return sum, err
		}
		sum.processor["storelink"] += processor
	}
	if err := settle(ctx, statisticsLag); err != nil {
		return sum, err
	}
	sum.transactions, err = s.ask(ctx, transactions)
	return sum, err
}

// countStatements counts the statements of a connect, on a server that was started for that: counting costs a little.
func (s *setup) countStatements(ctx context.Context) (figure, error) {
	var n float64
	can, err := s.counting(ctx, func() error {
		return s.with(ctx, nil, func(page *client, _ *process) error {
			if err := s.tell(ctx, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`); err != nil {
				return err
			}
			before, err := s.ask(ctx, statements)
			if err != nil {
				return err
			}
			if _, _, err := page.whole(ctx, fresh(s.stores[:countedStores]), "connected"); err != nil {
				return err
			}
			after, err := s.ask(ctx, statements)
			n = after - before
			return err
		})
	})
	name := fmt.Sprintf("run of %d new stores, no limit", countedStores)
	if err != nil || !can {
		return fact(name, "statements by connect", "unknown: no pg_stat_statements"), err
	}
	return fact(name, "statements by connect", "%.1f", n/countedStores), nil
}
