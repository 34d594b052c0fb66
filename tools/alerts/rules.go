package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// rule is an alert, and since when each of its label sets has been true.
type rule struct {
	name, expr          string
	hold                time.Duration
	labels, annotations map[string]string
	since               map[uint64]time.Time
}

// firing is an alert that fires.
type firing struct {
	labels, annotations labels.Labels
}

func readRules(path string) ([]rule, error) {
	parsed, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, promParser, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var rules []rule
	for _, g := range parsed.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.KeepFiringFor != 0 || len(g.Labels) > 0 {
				return nil, fmt.Errorf("%s: group %s: only alerts are understood, without keep_firing_for and labels of groups", path, g.Name)
			}
			rules = append(rules, rule{
				name: r.Alert, expr: r.Expr, hold: time.Duration(r.For), labels: r.Labels, annotations: r.Annotations,
			})
		}
	}
	return rules, nil
}

// eval does what Prometheus does at each evaluation: an alert fires once it has been true for as long as it asks.
func (r *rule) eval(ctx context.Context, at time.Time, query template.QueryFunc) ([]firing, error) {
	samples, err := query(ctx, r.expr, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	since := map[uint64]time.Time{}
	var fires []firing
	for _, s := range samples {
		f, err := r.label(ctx, at, s, query)
		if err != nil {
			return nil, err
		}
		key := f.labels.Hash()
		if _, twice := since[key]; twice {
			return nil, fmt.Errorf("%s: two results have the labels %s", r.name, f.labels)
		}
		began, pending := r.since[key]
		if !pending {
			began = at
		}
		since[key] = began
		if at.Sub(began) >= r.hold {
			fires = append(fires, f)
		}
	}
	r.since = since
	return fires, nil
}

// label expands the templates of the rule's labels and annotations.
func (r *rule) label(ctx context.Context, at time.Time, s promql.Sample, query template.QueryFunc) (firing, error) {
	var failed error
	data := template.AlertTemplateData(s.Metric.Map(), nil, "", s)
	expand := func(text string) string {
		const words = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
		e := template.NewTemplateExpander(ctx, words+text, "__alert_"+r.name, data, model.Time(timestamp.FromTime(at)), query, &url.URL{}, nil)
		expanded, err := e.Expand()
		if err != nil {
			failed = fmt.Errorf("%s: %w", r.name, err)
		}
		return expanded
	}
	set := labels.NewBuilder(s.Metric)
	set.Del(model.MetricNameLabel)
	for name, value := range r.labels {
		set.Set(name, expand(value))
	}
	set.Set(model.AlertNameLabel, r.name)
	annotations := map[string]string{}
	for name, value := range r.annotations {
		annotations[name] = expand(value)
	}
	return firing{set.Labels(), labels.FromMap(annotations)}, failed
}
