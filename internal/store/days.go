package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"storelink"
)

// dayLedger goes back from what there is now to what there was at the end of each day before.
type dayLedger struct {
	now     time.Time
	first   time.Time
	totals  map[countKind]int
	changes map[time.Time][]dayChange
}

func newDayLedger() *dayLedger {
	return &dayLedger{totals: map[countKind]int{}, changes: map[time.Time][]dayChange{}}
}

type countKind struct {
	state storelink.MappingState
	code  storelink.FailureCode
	dark  bool
}

type dayChange struct {
	what string
	kind countKind
	n    int
}

// scan takes up a total, which has no day, or a change.
func (l *dayLedger) scan(row pgx.CollectableRow) (struct{}, error) {
	var day *time.Time
	var what string
	var state, code *string
	var dark *bool
	var n *int64
	if err := row.Scan(&l.now, &l.first, &day, &what, &state, &code, &dark, &n); err != nil {
		return struct{}{}, err
	}
	if state == nil { // there is no mapping
		return struct{}{}, nil
	}
	kind := countKind{storelink.MappingState(*state), storelink.FailureCode(*code), *dark}
	if day == nil {
		l.totals[kind] += int(*n)
	} else {
		l.changes[*day] = append(l.changes[*day], dayChange{what, kind, int(*n)})
	}
	return struct{}{}, nil
}

// history fills the days in which nothing changed. A change of a day to come, from a clock that was set back, counts as
// if it had not been made yet.
func (l *dayLedger) history() storelink.StatsHistory {
	h := storelink.StatsHistory{AsOf: l.now}
	today := l.now.UTC().Truncate(24 * time.Hour)
	for day, changes := range l.changes {
		if day.After(today) {
			l.takeBack(changes)
		}
	}
	for day := today; !day.Before(l.first); day = day.AddDate(0, 0, -1) {
		changes := l.changes[day]
		d := storelink.StatsDay{Day: day, Counts: countsOf(l.totals)}
		settled := map[countKind]int{}
		for _, c := range changes {
			switch c.what {
			case "settled":
				settled[c.kind] += c.n
			case "found":
				d.Found += c.n
			case "healed":
				d.Healed += c.n
			}
		}
		d.Settled = countsOf(settled)
		h.Days = append(h.Days, d)
		l.takeBack(changes)
	}
	slices.Reverse(h.Days)
	return h
}

func (l *dayLedger) takeBack(changes []dayChange) {
	for _, c := range changes {
		if c.what == "mappings" {
			l.totals[c.kind] -= c.n
		}
	}
}

func countsOf(kinds map[countKind]int) storelink.MappingCounts {
	counts := storelink.MappingCounts{}
	for kind, n := range kinds {
		if n != 0 {
			counts = append(counts, storelink.MappingCount{State: kind.state, Code: kind.code, Dark: kind.dark, Count: n})
		}
	}
	slices.SortFunc(counts, func(a, b storelink.MappingCount) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Code, b.Code), compareBools(a.Dark, b.Dark))
	})
	return counts
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
