package auth

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the calls of the token endpoint and what became of refreshes. Nil counts nothing.
type Metrics struct {
	calls     *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	refreshes *prometheus.CounterVec
	links     *prometheus.CounterVec
}

// The results of a refresh.
const (
	refreshDone   = "refreshed"
	refreshEnded  = "ended"   // upstream no longer renews the grant
	refreshFailed = "failed"  // for a reason that passes
	refreshNoSlot = "no_slot" // the token endpoint's budget had nothing left
)

// What happens to connect links.
const (
	connectMinted   = "minted"
	connectRedeemed = "redeemed"
	connectRefused  = "refused"
)

// NewMetrics registers the metrics of sign-ins and grants.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	auto := promauto.With(registry)
	m := &Metrics{
		calls: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_token_calls_total",
			Help: "Calls of the token endpoint: ok, the status of another answer, timeout or no_answer.",
		}, []string{"grant_type", "result"}),
		duration: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "storelink_token_call_duration_seconds",
			Help:    "Time of a call of the token endpoint.",
			Buckets: []float64{.05, .1, .2, .4, .8, 1.5, 3, 6, 10},
		}, []string{"grant_type"}),
		refreshes: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_token_refreshes_total",
			Help: "Refreshes of grants: refreshed, ended (consent must be given again), failed (tried again later) or no_slot.",
		}, []string{"result"}),
		links: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_connect_links_total",
			Help: "Connect links: minted, redeemed, or refused (used, expired, revoked, unknown).",
		}, []string{"event"}),
	}
	for _, event := range []string{connectMinted, connectRedeemed, connectRefused} {
		m.links.WithLabelValues(event)
	}
	for _, result := range []string{refreshDone, refreshEnded, refreshFailed, refreshNoSlot} {
		m.refreshes.WithLabelValues(result)
	}
	return m
}

func (m *Metrics) connected(event string) {
	if m != nil {
		m.links.WithLabelValues(event).Inc()
	}
}

func (m *Metrics) called(began time.Time, grantType string, err error) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(grantType, tokenResult(err)).Inc()
	m.duration.WithLabelValues(grantType).Observe(time.Since(began).Seconds())
}

func tokenResult(err error) string {
	var failed *tokenError
	switch {
	case err == nil:
		return "ok"
	case !errors.As(err, &failed):
		return "no_answer"
	case failed.timeout:
		return "timeout"
	case failed.status == 0:
		return "no_answer"
	}
	switch failed.status {
	case 400, 401, 403, 404, 429, 500, 502, 503, 504:
		return strconv.Itoa(failed.status)
	}
	return strconv.Itoa(failed.status/100) + "xx"
}

func (m *Metrics) refreshed(err error) {
	if m == nil {
		return
	}
	result := refreshFailed
	var failed *tokenError
	var slot *slotError
	switch {
	case err == nil:
		result = refreshDone
	case errors.As(err, &failed) && failed.ends():
		result = refreshEnded
	case errors.As(err, &slot):
		result = refreshNoSlot
	}
	m.refreshes.WithLabelValues(result).Inc()
}
