package storelink

import (
	"slices"
	"time"
)

// Stats is the state of things at one moment, over all organizations.
type Stats struct {
	AsOf   time.Time
	Counts MappingCounts
	Vitals
	Drift DriftPace
}

// MappingCount is how many mappings are of one kind.
type MappingCount struct {
	State MappingState
	Code  FailureCode // "": none
	Dark  bool
	Count int
}

// MappingCounts holds each kind once, those that there are none of left out, by state and code.
type MappingCounts []MappingCount

// Of sums up the mappings in these states; none named: all.
func (c MappingCounts) Of(states ...MappingState) int {
	sum := 0
	for _, kind := range c {
		if len(states) == 0 || slices.Contains(states, kind.State) {
			sum += kind.Count
		}
	}
	return sum
}

// OfCode sums up the mappings with the code.
func (c MappingCounts) OfCode(code FailureCode) int {
	sum := 0
	for _, kind := range c {
		if kind.Code == code {
			sum += kind.Count
		}
	}
	return sum
}

// Dark sums up the stores without their connection.
func (c MappingCounts) Dark() int {
	sum := 0
	for _, kind := range c {
		if kind.Dark {
			sum += kind.Count
		}
	}
	return sum
}

// LookedAt sums up the mappings that are looked at for drift in turn.
func (c MappingCounts) LookedAt() int { return c.Of(StateConnected, StateDisconnected, StateDrifted) }

// StatsDay is what there was at the end of a day, or is by now, and what happened in it.
type StatsDay struct {
	Day     time.Time // its midnight, UTC
	Counts  MappingCounts
	Settled MappingCounts // asks that were settled, by what the mapping came to
	Found   int           // looks that found a connection changed at upstream
	Healed  int           // those that put it right
}

// MaxStatsDays is how many days the history of stats goes back at most.
const MaxStatsDays = 366

// StatsHistory is the stats by day, oldest first; the last one is today.
type StatsHistory struct {
	AsOf time.Time
	Days []StatsDay
}

// Vitals is what is wrong, due or used at one moment.
type Vitals struct {
	Dark      int
	DarkSince time.Duration            // how long the store that is dark longest has been; 0: none is
	Unsettled map[string]time.Duration // age of the oldest ask, by what it waits for; without: none
	Due       map[Lane]Backlog
	Consents  Consents
	Budget    BudgetState
}

// Backlog is the part of a lane's work list that is due, what is being worked on included.
type Backlog struct {
	Depth Total
	Age   time.Duration // how long the oldest has been due
}

// Consents count organizations that have mappings, by how long their longest lasting grant that may connect stores
// still lasts. One that can be refreshed lasts.
type Consents struct {
	Ended  int // none is left
	Day    int // ends within a day, and so on: each counts those before
	Week   int
	Month  int
	Active int // grants of all organizations that work
}

// BudgetState is an egress address's share of upstream's limits.
type BudgetState struct {
	Limit      float64          // slots a second; 0: no limit
	Ahead      time.Duration    // for how long every slot is booked
	Share      float64          // of the full rate, lowered after a 429
	Used       map[Lane]float64 // slots a second, over the last ten or so
	TokenCalls int              // to the token endpoint in the last minute
}

// Lanes are all lanes, those that go first first.
var Lanes = []Lane{LaneInteractive, LaneBackground, LaneDrift}

// DriftPace is how often settled mappings are looked at again.
type DriftPace struct {
	Settled   int           // mappings that take their turn
	Interval  time.Duration // the goal; 0: nobody looks
	Effective time.Duration // what the budget allows, at best: looks come last in it
}

// PaceOf returns how long a turn over so many mappings takes with one call each. Slots is how many the budget has in a
// second at the moment; 0: no limit.
func PaceOf(settled int, interval time.Duration, slots float64) DriftPace {
	pace := DriftPace{Settled: settled, Interval: interval, Effective: interval}
	if interval > 0 && slots > 0 {
		pace.Effective = max(interval, time.Duration(float64(settled)/slots*float64(time.Second)))
	}
	return pace
}
