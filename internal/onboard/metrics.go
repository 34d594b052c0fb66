package onboard

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"storelink"
)

// Ends of a pass that are no item's outcome.
const (
	passLooked  = "looked"  // at what had settled before; it stands
	passDrifted = "drifted" // likewise; upstream shows something else
	passLater   = "later"   // it goes on when a late write or another mapping is out of the way
	passLost    = "lease_lost"
	passStopped = "stopped" // the process ends
	passBroken  = "error"
)

// Metrics are the passes by outcome. Nil counts nothing.
type Metrics struct {
	passes   *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers the metrics of the workers.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	auto := promauto.With(registry)
	m := &Metrics{
		passes: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_passes_total",
			Help: "Passes by how they ended: an item's outcome; looked or drifted at what had settled before; waiting_consent, waiting_upstream or later; lease_lost, stopped or error.",
		}, []string{"outcome"}),
		duration: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "storelink_pass_duration_seconds",
			Help:    "Time of a pass with all its calls and its waits for the budget.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"lane"}),
	}
	for _, outcome := range []string{
		string(storelink.OutcomeConnected), string(storelink.OutcomeReplaced), string(storelink.OutcomeUnchanged),
		string(storelink.OutcomeDisconnected), string(storelink.OutcomeConflict), string(storelink.OutcomeFailed),
		passLooked, passDrifted, waitingFor(storelink.WaitForConsent), waitingFor(storelink.WaitForUpstream), passLater,
		passLost, passStopped, passBroken,
	} {
		m.passes.WithLabelValues(outcome)
	}
	for _, lane := range []storelink.Lane{storelink.LaneInteractive, storelink.LaneBackground, storelink.LaneDrift} {
		m.duration.WithLabelValues(string(lane))
	}
	return m
}

// ended counts a pass that began at the time given. One that ended by itself was counted by its ledger.
func (m *Metrics) ended(ctx context.Context, began time.Time, lane storelink.Lane, err error) {
	if m == nil {
		return
	}
	m.duration.WithLabelValues(string(lane)).Observe(time.Since(began).Seconds())
	switch {
	case err == nil:
	case errors.Is(err, storelink.ErrLeaseLost):
		m.passes.WithLabelValues(passLost).Inc()
	case ctx.Err() != nil:
		m.passes.WithLabelValues(passStopped).Inc()
	default:
		m.passes.WithLabelValues(passBroken).Inc()
	}
}

// over returns a ledger that counts what it settles and pauses.
func (m *Metrics) over(l Ledger) Ledger {
	if m == nil {
		return l
	}
	return countingLedger{Ledger: l, passes: m.passes}
}

type countingLedger struct {
	Ledger
	passes *prometheus.CounterVec
}

// Settle counts the outcome of what it settled.
func (l countingLedger) Settle(ctx context.Context, w *storelink.Work, s storelink.Settlement) error {
	looked := w.Settled
	err := l.Ledger.Settle(ctx, w, s)
	if err != nil {
		return err
	}
	outcome := string(s.Outcome)
	switch {
	case looked && s.State == storelink.StateDrifted:
		outcome = passDrifted
	case looked:
		outcome = passLooked
	}
	l.passes.WithLabelValues(outcome).Inc()
	return nil
}

// Pause counts what the pass waits for.
func (l countingLedger) Pause(ctx context.Context, w *storelink.Work, p storelink.Pause) error {
	if err := l.Ledger.Pause(ctx, w, p); err != nil {
		return err
	}
	outcome := passLater
	if p.WaitingFor != "" {
		outcome = waitingFor(p.WaitingFor)
	}
	l.passes.WithLabelValues(outcome).Inc()
	return nil
}

func waitingFor(whom string) string { return "waiting_" + whom }
