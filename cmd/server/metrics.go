package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"storelink/internal/api"
	"storelink/internal/auth"
	"storelink/internal/onboard"
	"storelink/internal/store"
	"storelink/internal/upstream"
	"storelink/internal/webhook"
)

// instruments are one replica's metrics: each room counts what it does, and /metrics shows all of it.
type instruments struct {
	registry *prometheus.Registry
	api      *api.Metrics
	auth     *auth.Metrics
	onboard  *onboard.Metrics
	store    *store.Metrics
	upstream *upstream.Metrics
	webhook  *webhook.Metrics
}

func newInstruments() *instruments {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(),
	)
	return &instruments{
		registry: registry,
		api:      api.NewMetrics(registry),
		auth:     auth.NewMetrics(registry),
		onboard:  onboard.NewMetrics(registry),
		store:    store.NewMetrics(registry),
		upstream: upstream.NewMetrics(registry),
		webhook:  webhook.NewMetrics(registry),
	}
}

// watch adds what is read from the database when somebody looks.
func (i *instruments) watch(figures *store.Figures) error {
	for _, c := range figures.Collectors() {
		if err := i.registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

func buildInfo() prometheus.Collector {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "storelink_build_info",
		Help:        "1, with what runs here as labels.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	})
	g.Set(1)
	return g
}
