package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// noRoute is the route of requests that fitted none.
const noRoute = "none"

// measured are the methods that get a label of their own: a client may make one up.
var measured = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// Metrics are the requests of both listeners by route: rate, errors, duration. Nil counts nothing.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers the metrics of the listeners.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	auto := promauto.With(registry)
	return &Metrics{
		requests: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "storelink_http_requests_total",
			Help: "Requests by the pattern of their route and the status of their answer.",
		}, []string{"listener", "method", "route", "status"}),
		duration: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "storelink_http_request_duration_seconds",
			Help:    "Time to the end of the answer. Streams are not in it; a run that is waited for is.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"listener", "method", "route"}),
	}
}

// measureRequests counts each request under its route's pattern, never under its address.
func measureRequests(m *Metrics, listener string, contract *contract) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if m == nil {
			return next
		}
		return func(c echo.Context) error {
			start := time.Now()
			// Deferred, since a stream whose client went away ends in a panic that is passed on.
			defer func() {
				method, route := c.Request().Method, c.Path()
				if !slices.Contains(measured, method) {
					method = "other"
				}
				if route == "" {
					route = noRoute
				}
				m.requests.WithLabelValues(listener, method, route, strconv.Itoa(c.Response().Status)).Inc()
				if op := contract.of(c); op == nil || op.id() != "followRun" {
					m.duration.WithLabelValues(listener, method, route).Observe(time.Since(start).Seconds())
				}
			}()
			return next(c)
		}
	}
}
