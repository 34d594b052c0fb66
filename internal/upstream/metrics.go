package upstream

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"storelink"
)

// Metrics are the calls by operation and result. Nil counts nothing.
type Metrics struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	lost     prometheus.Counter
}

// NewMetrics registers the metrics of the client.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	auto := promauto.With(registry)
	return &Metrics{
		calls: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_upstream_calls_total",
			Help: "Calls sent, each repetition counted: ok, the status of another answer, malformed, timeout, no_answer or given_up.",
		}, []string{"operation", "result"}),
		duration: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "storelink_upstream_call_duration_seconds",
			Help:    "Time from handing a call to the transport to its whole answer, without the wait for the budget.",
			Buckets: []float64{.025, .05, .1, .2, .4, .8, 1.5, 3, 6, 10},
		}, []string{"operation"}),
		lost: auto.NewCounter(prometheus.CounterOpts{
			Name: "storelink_upstream_slots_lost_total",
			Help: "Slots of the budget that were given up because the call was not ready in time.",
		}),
	}
}

// sent counts a call that was handed to the transport.
func (m *Metrics) sent(ctx context.Context, began time.Time, op string, failed *storelink.UpstreamError) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(op, result(ctx, failed)).Inc()
	m.duration.WithLabelValues(op).Observe(time.Since(began).Seconds())
}

func (m *Metrics) slotLost() {
	if m != nil {
		m.lost.Inc()
	}
}

// result names how a call ended in few words: an upstream that invents statuses makes no more than one for each class.
func result(ctx context.Context, failed *storelink.UpstreamError) string {
	switch {
	case failed == nil:
		return "ok"
	case failed.Status == 0 && ctx.Err() != nil:
		return "given_up" // by us: the process stops, or nobody waits for it any more
	case failed.Status == 0 && isTimeout(failed.Err):
		return "timeout"
	case failed.Status == 0:
		return "no_answer"
	case failed.Status/100 == 2:
		return "malformed"
	}
	switch failed.Status {
	case 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504:
		return strconv.Itoa(failed.Status)
	}
	return strconv.Itoa(failed.Status/100) + "xx"
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
