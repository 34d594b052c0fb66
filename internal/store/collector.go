package store

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"storelink"
)

const (
	// vitalsEvery is how old what a replica shows of the database may be.
	vitalsEvery = 10 * time.Second
	// vitalsPatience bounds what reading it may cost.
	vitalsPatience = 2 * time.Second
)

var (
	vitalsUp       = gaugeDesc("storelink_vitals_up", "1 where the gauges of the database could be read; 0: they are left out.")
	vitalsDuration = gaugeDesc("storelink_vitals_duration_seconds", "Time that reading them took last.")

	mappingsByState = gaugeDesc("storelink_mappings", "Mappings by state.", "state")
	darkMappings    = gaugeDesc("storelink_dark_mappings", "Stores whose connection we took away and have not replaced yet.")
	darkOldest      = gaugeDesc("storelink_dark_oldest_seconds", "For how long the store that is dark longest has been; 0: none is.")
	unsettledOldest = gaugeDesc("storelink_unsettled_oldest_seconds", "Age of the oldest ask without an outcome, by what it waits for; 0: none.", "waiting_for")
	worklistDepth   = gaugeDesc("storelink_worklist_depth", "Mappings that are due, with those being worked on. Above 10,000 it is an estimate.", "lane")
	worklistAge     = gaugeDesc("storelink_worklist_age_seconds", "How long the oldest of them has been due.", "lane")
	grantsActive    = gaugeDesc("storelink_grants_active", "Grants that work, of organizations that have mappings.")
	grantsExpiring  = gaugeDesc("storelink_grants_expiring", "Organizations whose longest lasting grant ends within so many days and that nothing refreshes; each counts those before.", "days")
	grantsNone      = gaugeDesc("storelink_organizations_without_grant", "Organizations that have mappings and no grant any more that may connect stores.")
	driftPace       = gaugeDesc("storelink_drift_interval_seconds", "Time between two looks at a settled mapping: the goal, and what the upstream budget allows at best (effective); 0: nobody looks.", "of")
	budgetLimit     = gaugeDesc("storelink_budget_limit_per_second", "Slots of the upstream budget per second, over all replicas of the egress address; 0: no limit.")
	budgetShare     = gaugeDesc("storelink_budget_rate_share", "The share of it that may be used now: it is lowered after a 429 and climbs back.")
	budgetUsed      = gaugeDesc("storelink_budget_used_per_second", "Slots of the budget that were taken in a second, over the last ten or so and all replicas.", "lane")
	budgetAhead     = gaugeDesc("storelink_budget_ahead_seconds", "For how long every slot is booked.")
	tokenCalls      = gaugeDesc("storelink_token_budget_used", "Calls of the token endpoint in the last minute, over all replicas; upstream allows 3.")

	vitalsDescs = []*prometheus.Desc{
		vitalsUp, vitalsDuration, mappingsByState, darkMappings, darkOldest, unsettledOldest, worklistDepth, worklistAge, grantsActive,
		grantsExpiring, grantsNone, driftPace, budgetLimit, budgetShare, budgetUsed, budgetAhead, tokenCalls,
	}
)

var mappingStates = []storelink.MappingState{
	storelink.StatePending, storelink.StateWaiting, storelink.StateConnected, storelink.StateDisconnected,
	storelink.StateConflict, storelink.StateFailed, storelink.StateDrifted, storelink.StateUnmanaged,
}

func gaugeDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// vitalsCollector reads the state of things when it is asked, at most every vitalsEvery, however many ask.
type vitalsCollector struct {
	figures *Figures

	mu    sync.Mutex
	read  time.Time
	took  time.Duration
	stats storelink.Stats
	err   error
}

// Describe is prometheus.Collector's.
func (*vitalsCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range vitalsDescs {
		ch <- d
	}
}

// Collect is prometheus.Collector's. What could not be read is left out, and one gauge says so.
func (c *vitalsCollector) Collect(ch chan<- prometheus.Metric) {
	v, took, err := c.latest()
	show := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	show(vitalsDuration, took.Seconds())
	show(budgetLimit, max(0, c.figures.o.Rate))
	if err != nil {
		show(vitalsUp, 0)
		return
	}
	show(vitalsUp, 1)
	for _, state := range mappingStates {
		show(mappingsByState, float64(v.Counts.Of(state)), string(state))
	}
	show(darkMappings, float64(v.Dark))
	show(darkOldest, v.DarkSince.Seconds())
	for _, waitsFor := range []string{"nothing", storelink.WaitForConsent, storelink.WaitForUpstream} {
		show(unsettledOldest, v.Unsettled[waitsFor].Seconds(), waitsFor)
	}
	for _, lane := range storelink.Lanes {
		show(worklistDepth, float64(v.Due[lane].Depth.Value), string(lane))
		show(worklistAge, v.Due[lane].Age.Seconds(), string(lane))
		show(budgetUsed, v.Budget.Used[lane], string(lane))
	}
	show(grantsActive, float64(v.Consents.Active))
	show(grantsExpiring, float64(v.Consents.Day), "1")
	show(grantsExpiring, float64(v.Consents.Week), "7")
	show(grantsExpiring, float64(v.Consents.Month), "30")
	show(grantsNone, float64(v.Consents.Ended))
	show(driftPace, v.Drift.Interval.Seconds(), "goal")
	show(driftPace, v.Drift.Effective.Seconds(), "effective")
	show(budgetShare, v.Budget.Share)
	show(budgetAhead, v.Budget.Ahead.Seconds())
	show(tokenCalls, float64(v.Budget.TokenCalls))
}

// latest returns what was read last, or reads anew where that is old. A failure counts as read, too: a database in
// trouble is not asked more often.
func (c *vitalsCollector) latest() (storelink.Stats, time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.read.IsZero() && time.Since(c.read) < vitalsEvery {
		return c.stats, c.took, c.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), vitalsPatience)
	defer cancel()
	began := time.Now()
	c.stats, c.err = c.figures.read(ctx, c.figures.db.pool)
	c.read = time.Now()
	c.took = c.read.Sub(began)
	return c.stats, c.took, c.err
}
