package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// run evaluates all rules again and again from the beginning of time, as a server does, and compares at the times that
// tests name.
func (g *group) run(ctx context.Context, all []rule, every time.Duration) []error {
	known := map[string]bool{}
	for _, r := range all {
		known[r.name] = true
	}
	var last time.Duration
	for _, e := range g.Alerts {
		if !known[e.Alert] {
			return []error{fmt.Errorf("there is no alert %s", e.Alert)}
		}
		last = max(last, time.Duration(e.At))
	}
	data, err := g.load()
	if err != nil {
		return []error{err}
	}
	rules := slices.Clone(all)
	for i := range rules {
		rules[i].since = nil
	}
	var failures []error
	begin := time.Unix(0, 0).UTC()
	for after := time.Duration(0); after <= last; after += every {
		fires := map[string][]firing{}
		for i := range rules {
			found, err := rules[i].eval(ctx, begin.Add(after), data.query)
			if err != nil {
				return append(failures, err)
			}
			fires[rules[i].name] = found
		}
		for _, e := range g.Alerts {
			if at := time.Duration(e.At); at >= after && at < after+every {
				failures = append(failures, e.compare(fires[e.Alert])...)
			}
		}
	}
	return failures
}

func (e *expectation) compare(got []firing) []error {
	var want []firing
	for _, f := range e.Firing {
		set := maps.Clone(f.Labels)
		if set == nil {
			set = map[string]string{}
		}
		set[model.AlertNameLabel] = e.Alert
		want = append(want, firing{labels.FromMap(set), labels.FromMap(f.Annotations)})
	}
	if w, g := describe(want), describe(got); w != g {
		return []error{fmt.Errorf("%s after %s:\n  expected %s\n  got      %s", e.Alert, e.At, w, g)}
	}
	return nil
}

func describe(fires []firing) string {
	var all []string
	for _, f := range fires {
		all = append(all, f.labels.String()+" "+f.annotations.String())
	}
	slices.Sort(all)
	return "[" + strings.Join(all, ", ") + "]"
}
