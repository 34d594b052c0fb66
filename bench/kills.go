package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	killGoal     = 5 * time.Second
	lateKillGoal = 15 * time.Second // the upstream time-out and 5 s
	darkGoal     = 5 * time.Second
	killPoll     = 5 * time.Millisecond
	trials       = 3 // replaces without a kill, to know how long one takes
)

// killed is what came of one replace whose process was killed.
type killed struct {
	took time.Duration // until upstream has the new id
	dark time.Duration
	late bool // a DELETE without an answer might still have come
}

// measureKills kills the program in the middle of replaces, starts it again, and measures when the store has its new id.
func (o options) measureKills(ctx context.Context, s *setup) (results, error) {
	if o.kills+trials > len(s.stores) {
		return results{}, fmt.Errorf("the account has %d stores: %d kills are too many", len(s.stores), o.kills)
	}
	var all []killed
	var p *process
	err := s.with(ctx, nil, func(page *client, first *process) error {
		stores := s.stores[:o.kills+trials]
		if _, _, err := page.whole(ctx, fresh(stores), "connected"); err != nil {
			return err
		}
		if err := s.setLatency(ctx, upstreamTakes); err != nil {
			return err
		}
		whole, err := s.replaceTakes(ctx, page, stores[:trials])
		if err != nil {
			return err
		}
		p = first
		defer func() { p.stop() }()
		for i, store := range stores[trials:] {
			k, err := s.killDuring(ctx, page, &p, store, whole*time.Duration(i)/time.Duration(o.kills))
			if err != nil {
				return fmt.Errorf("kill %d: %w", i, err)
			}
			all = append(all, k)
		}
		return nil
	})
	if err != nil {
		return results{}, err
	}
	return results{figures: killFigures(all)}, nil
}

func killFigures(all []killed) []figure {
	var took, quick, late, dark []time.Duration
	for _, k := range all {
		took, dark = append(took, k.took), append(dark, k.dark)
		if k.late {
			late = append(late, k.took)
		} else {
			quick = append(quick, k.took)
		}
	}
	name := "from kill -9 to the new id"
	figures := []figure{fact(name, fmt.Sprintf("median of %d", len(all)), "%s", inSeconds(median(took)))}
	if len(quick) > 0 {
		worst := percentile(quick, 100)
		figures = append(figures, fact(name, fmt.Sprintf("worst of %d", len(quick)), "%s", inSeconds(worst)).judged("≤ 5 s", worst <= killGoal))
	}
	if len(late) > 0 {
		worst := percentile(late, 100)
		figures = append(figures, fact(name, fmt.Sprintf("worst of %d, a DELETE might still have come", len(late)), "%s", inSeconds(worst)).
			judged("≤ 15 s", worst <= lateKillGoal))
	}
	longest := percentile(dark, 100)
	return append(figures, fact("a store without its connection", fmt.Sprintf("longest of %d kills", len(all)), "%s", inSeconds(longest)).
		judged("≤ 5 s", longest <= darkGoal))
}

func replacing(store remoteStore) []wish {
	return []wish{{store, "N-" + store.StoreID, "K-" + store.StoreID}}
}

// replaceTakes returns how long a replace takes that nobody disturbs.
func (s *setup) replaceTakes(ctx context.Context, page *client, stores []remoteStore) (time.Duration, error) {
	var all []time.Duration
	for _, store := range stores {
		began := time.Now()
		w := replacing(store)[0]
		item := map[string]string{"brandId": store.BrandID, "storeId": store.StoreID, "localStoreId": w.id, "replaces": w.replaces}
		run, _, err := page.start(ctx, http.MethodPost, "/api/onboard", map[string]any{"items": []any{item}}, 30)
		if err != nil {
			return 0, err
		}
		if run.Counts["replaced"] != 1 {
			return 0, fmt.Errorf("a store was not replaced: %v", run.Counts)
		}
		all = append(all, time.Since(began))
	}
	return median(all), nil
}

// killDuring begins a replace, kills the process so much later, starts it again, and waits for the new id.
func (s *setup) killDuring(ctx context.Context, page *client, p **process, store remoteStore, after time.Duration) (killed, error) {
	var k killed
	if err := s.forgetCalls(ctx); err != nil {
		return k, err
	}
	began := time.Now()
	run, _, err := page.begin(ctx, replacing(store))
	if err != nil {
		return k, err
	}
	if err := settle(ctx, after-time.Since(began)); err != nil {
		return k, err
	}
	(*p).kill()
	at := time.Now()
	before, err := s.record(ctx)
	if err != nil {
		return k, err
	}
	if *p, _, err = s.startStorelink(ctx); err != nil {
		return k, err
	}
	for {
		id, err := s.connectedTo(ctx, store)
		if err != nil {
			return k, err
		}
		if id == replacing(store)[0].id {
			break
		}
		if err := settle(ctx, killPoll); err != nil {
			return k, fmt.Errorf("wait for the new id: %w", err)
		}
	}
	if _, err := page.ended(ctx, run, "replaced"); err != nil {
		return k, err
	}
	calls, err := s.record(ctx)
	if err != nil {
		return k, err
	}
	return judgeKill(calls, len(before), store, at), nil
}

// judgeKill reads from the record how long the store took and was dark. A second look before anything is written means
// that the first one had to wait and see.
func judgeKill(calls []upstreamCall, before int, store remoteStore, at time.Time) killed {
	var k killed
	var deleted time.Time
	looks := 0
	for i, c := range calls {
		if !c.of(store) {
			continue
		}
		switch {
		case c.Method == http.MethodGet && i >= before:
			looks++
		case c.Method == http.MethodDelete && c.Effect:
			deleted = c.At
			k.late = k.late || i >= before && looks > 1
		case c.Method == http.MethodPost && c.Effect:
			k.took = max(0, c.At.Sub(at))
			if !deleted.IsZero() {
				k.dark = max(k.dark, c.At.Sub(deleted))
			}
		}
	}
	return k
}
