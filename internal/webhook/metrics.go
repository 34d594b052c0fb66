package webhook

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"storelink"
)

// Metrics count deliveries by what came of them. Nil counts nothing.
type Metrics struct {
	deliveries *prometheus.CounterVec
}

// NewMetrics registers the metrics of the webhooks.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{deliveries: promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "storelink_webhooks_total",
		Help: "Webhooks that came, by type and by what came of them: refused ones had no valid signature.",
	}, []string{"type", "result"})}
	m.deliveries.WithLabelValues("unknown", "refused")
	return m
}

// count keeps types that upstream makes up out of the label.
func (m *Metrics) count(kind storelink.WebhookType, result string) {
	if m == nil {
		return
	}
	switch kind {
	case storelink.WebhookPing, storelink.WebhookStoresUpsert, storelink.WebhookStoresRemove:
	default:
		kind = "unknown"
	}
	m.deliveries.WithLabelValues(string(kind), result).Inc()
}
