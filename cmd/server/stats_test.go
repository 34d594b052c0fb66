package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

type kindCount struct {
	State string
	Code  *string
	Count int
}

type statsView struct {
	AsOf                 time.Time
	Total, Dark, Drifted int
	States, Codes        map[string]int
	Counts               []kindCount
	Grants               map[string]int
	WorkList             []struct {
		Lane  string
		Depth int
		Exact bool
	}
	Budget struct {
		LimitPerSecond, RateShare float64
		Lanes                     []struct {
			Lane           string
			SlotsPerSecond float64
		}
	}
	Drift struct {
		Settled                                   int
		IntervalSeconds, EffectiveIntervalSeconds *float64
	}
}

// Operators see the state of things at once: what a request changed stands in the next answer.
func TestOperatorsSeeStats(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{settings: func(s *config.Settings) { s.UpstreamRate, s.DriftInterval = 500, time.Second }})
	var stats statsView
	r.read("/admin/stats", &stats)
	require.Zero(t, stats.Total)
	require.Empty(t, stats.Counts)
	require.NotNil(t, stats.Counts, "a list is never null")
	require.Len(t, stats.States, 8)
	require.Len(t, stats.Codes, 8)

	p := r.signedIn(sandbox.AccountSmall)
	stores := r.freeStores(sandbox.AccountSmall, 2)
	require.Equal(t, "connected", p.asked(stores[0], "K-1", "").Outcome)
	r.connectByHand(stores[1], "BY-HAND")
	require.Equal(t, "conflict", p.asked(stores[1], "K-2", "").Outcome)
	r.read("/admin/stats", &stats)
	require.Equal(t, 2, stats.Total)
	require.Equal(t, 1, stats.States["connected"])
	require.Equal(t, 1, stats.States["conflict"])
	require.Equal(t, []kindCount{{"conflict", nil, 1}, {"connected", nil, 1}}, stats.Counts)
	require.WithinDuration(t, time.Now(), stats.AsOf, time.Minute)
	require.Equal(t, 1, stats.Grants["active"])
	require.Len(t, stats.WorkList, 3)
	require.InDelta(t, 500, stats.Budget.LimitPerSecond, 0)
	require.Greater(t, stats.Budget.Lanes[0].SlotsPerSecond, 0.0, "people had their stores connected a moment ago")
	require.Equal(t, 1, stats.Drift.Settled)
	require.InDelta(t, 1, *stats.Drift.IntervalSeconds, 0)
	require.InDelta(t, 1, *stats.Drift.EffectiveIntervalSeconds, 0)
	m := r.scraped()
	require.InDelta(t, 1, value(m, "storelink_mappings", "state", "conflict"), 0)

	r.connectByHand(stores[0], "CHANGED")
	r.eventually("the change is found", func() bool { r.read("/admin/stats", &stats); return stats.Drifted == 1 })
	var history struct {
		AsOf  time.Time
		Items []struct {
			Day                                     string
			Total, Drifted, DriftFound, DriftHealed int
			States, Settled                         map[string]int
		}
	}
	r.read("/admin/stats/history", &history)
	require.Len(t, history.Items, 1, "what was before the first day is not known")
	today := history.Items[0]
	require.Equal(t, history.AsOf.UTC().Format(time.DateOnly), today.Day)
	require.Equal(t, []int{2, 1, 1, 0}, []int{today.Total, today.Drifted, today.DriftFound, today.DriftHealed})
	require.Equal(t, 1, today.States["drifted"])
	r.exec(`UPDATE mapping_counts_daily SET day = day - 9`)
	r.read("/admin/stats/history?days=5", &history)
	require.Len(t, history.Items, 5, "days without a change are there, too")
	require.Equal(t, 2, history.Items[0].Total)

	for _, query := range []string{"days=0", "days=367", "days=x", "days=1.5", "days=1&days=2", "day=1"} {
		r.problemOf(r.admin("read", http.MethodGet, "/admin/stats/history?"+query), http.StatusBadRequest, "invalid-request")
	}
	r.problemOf(r.admin("read", http.MethodGet, "/admin/stats?days=1"), http.StatusBadRequest, "invalid-request")
	r.problemOf(r.admin("connect", http.MethodGet, "/admin/stats"), http.StatusForbidden, "forbidden")
	r.problemOf(r.admin("", http.MethodGet, "/admin/stats/history"), http.StatusUnauthorized, "not-signed-in")
}
