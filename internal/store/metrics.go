package store

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"storelink"
)

// Metrics are the statements by what they do, and the slots of the budget. Nil counts nothing.
type Metrics struct {
	statements *prometheus.HistogramVec
	errors     *prometheus.CounterVec
	slots      *prometheus.CounterVec
	wait       *prometheus.HistogramVec
}

// NewMetrics registers the metrics of the database and of the budget.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	auto := promauto.With(registry)
	m := &Metrics{
		statements: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "storelink_db_statement_duration_seconds",
			Help:    "Time of a statement by verb and first table; batch is several in one go.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5},
		}, []string{"pool", "statement"}),
		errors: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_db_errors_total",
			Help: "Statements that failed, but for those whose caller gave up.",
		}, []string{"pool"}),
		slots: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_budget_slots_total",
			Help: "Slots of the upstream budget that this replica took.",
		}, []string{"lane"}),
		wait: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "storelink_budget_wait_seconds",
			Help:    "Time that a call waited for its slot of the upstream budget.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"lane"}),
	}
	for _, lane := range []storelink.Lane{storelink.LaneInteractive, storelink.LaneBackground} {
		m.slots.WithLabelValues(string(lane))
		m.wait.WithLabelValues(string(lane))
	}
	for _, pool := range poolNames {
		m.errors.WithLabelValues(pool)
	}
	return m
}

// booked counts a slot that was waited for since the time given.
func (m *Metrics) booked(began time.Time, lane storelink.Lane) {
	if m == nil {
		return
	}
	m.slots.WithLabelValues(string(lane)).Inc()
	m.wait.WithLabelValues(string(lane)).Observe(time.Since(began).Seconds())
}

// The names of the pools in labels.
const (
	generalPool = "general"
	adminPool   = "admin"
	leasePool   = "leases"
	budgetPool  = "budget"
)

var poolNames = []string{generalPool, adminPool, leasePool, budgetPool}

func (db *DB) pools() map[string]*pgxpool.Pool {
	return map[string]*pgxpool.Pool{generalPool: db.pool.Pool, adminPool: db.admin.Pool, leasePool: db.leases, budgetPool: db.budget}
}

var (
	poolConnections = prometheus.NewDesc("storelink_db_pool_connections", "Connections by what they do.", []string{"pool", "state"}, nil)
	poolSize        = prometheus.NewDesc("storelink_db_pool_max_connections", "Connections that the pool may have.", []string{"pool"}, nil)
	poolAcquires    = prometheus.NewDesc("storelink_db_pool_acquires_total", "Connections that were asked for and given.", []string{"pool"}, nil)
	poolWaits       = prometheus.NewDesc("storelink_db_pool_waits_total", "Those of them that had to wait: none was idle.", []string{"pool"}, nil)
	poolWait        = prometheus.NewDesc("storelink_db_pool_wait_seconds_total", "Time that was waited for connections.", []string{"pool"}, nil)
)

// poolCollector reads the pools' own counts.
type poolCollector struct{ db *DB }

// Describe is prometheus.Collector's.
func (poolCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{poolConnections, poolSize, poolAcquires, poolWaits, poolWait} {
		ch <- d
	}
}

// Collect is prometheus.Collector's.
func (c poolCollector) Collect(ch chan<- prometheus.Metric) {
	for name, pool := range c.db.pools() {
		s := pool.Stat()
		gauge := func(d *prometheus.Desc, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{name}, labels...)...)
		}
		counter := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, name)
		}
		gauge(poolConnections, float64(s.AcquiredConns()), "acquired")
		gauge(poolConnections, float64(s.IdleConns()), "idle")
		gauge(poolConnections, float64(s.ConstructingConns()), "constructing")
		gauge(poolSize, float64(s.MaxConns()))
		counter(poolAcquires, float64(s.AcquireCount()))
		counter(poolWaits, float64(s.EmptyAcquireCount()))
		counter(poolWait, s.EmptyAcquireWaitTime().Seconds())
	}
}
