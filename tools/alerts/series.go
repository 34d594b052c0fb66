package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

var promParser = parser.NewParser(parser.Options{})

var engine = promql.NewEngine(promql.EngineOpts{
	MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
	EnableAtModifier: true, EnableNegativeOffset: true, Parser: promParser,
})

// data are the series of a test.
type data []storage.Series

// load reads the series in PromQL's notation for tests.
func (g *group) load() (data, error) {
	var all data
	for _, in := range g.InputSeries {
		set, values, err := promParser.ParseSeriesDesc(in.Series + " " + in.Values)
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", in.Series, err)
		}
		var samples []chunks.Sample
		for i, v := range values {
			if v.Histogram != nil {
				return nil, fmt.Errorf("series %s: native histograms are not understood", in.Series)
			}
			if !v.Omitted {
				samples = append(samples, sample{t: int64(i) * time.Duration(g.Interval).Milliseconds(), v: v.Value})
			}
		}
		all = append(all, storage.NewListSeries(set, samples))
	}
	return all, nil
}

// query evaluates an expression at a moment. The engine looks at nothing that is later.
func (d data) query(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	q, err := engine.NewInstantQuery(ctx, &storage.MockQueryable{MockQuerier: &storage.MockQuerier{SelectMockFunction: d.find}}, nil, expr, at)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	switch result := q.Exec(ctx); v := result.Value.(type) {
	case promql.Vector:
		return append(promql.Vector(nil), v...), result.Err
	case promql.Scalar:
		return promql.Vector{{T: v.T, F: v.V}}, result.Err
	default:
		return nil, fmt.Errorf("%s is neither a vector nor a scalar: %w", expr, result.Err)
	}
}

func (d data) find(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &seriesSet{at: -1}
	for _, s := range d {
		matches := true
		for _, m := range matchers {
			matches = matches && m.Matches(s.Labels().Get(m.Name))
		}
		if matches {
			found.series = append(found.series, s)
		}
	}
	return found
}

type seriesSet struct {
	series []storage.Series
	at     int
}

func (s *seriesSet) Next() bool                      { s.at++; return s.at < len(s.series) }
func (s *seriesSet) At() storage.Series              { return s.series[s.at] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

type sample struct {
	chunks.Sample // only numbers are looked at
	t             int64
	v             float64
}

func (s sample) ST() int64              { return 0 }
func (s sample) T() int64               { return s.t }
func (s sample) F() float64             { return s.v }
func (sample) Type() chunkenc.ValueType { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample    { return s }
