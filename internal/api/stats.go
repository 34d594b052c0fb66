package api

import (
	"context"
	"time"

	"storelink"
	"storelink/internal/api/gen/operator"
)

// Stats reads the state of things, now and by day.
type Stats interface {
	Stats(ctx context.Context) (storelink.Stats, error)
	// StatsHistory returns the last so many days, today last.
	StatsHistory(ctx context.Context, days int) (storelink.StatsHistory, error)
}

type statsHandlers struct {
	stats Stats
}

// GetStats answers GET /admin/stats.
func (h statsHandlers) GetStats(ctx context.Context, _ operator.GetStatsRequestObject) (operator.GetStatsResponseObject, error) {
	s, err := h.stats.Stats(ctx)
	if err != nil {
		return nil, err
	}
	answer := operator.GetStats200JSONResponse{
		AsOf: s.AsOf.UTC(), Total: s.Counts.Of(), States: mappingCounts(s.Counts), Codes: codeCounts(s.Counts), Counts: kindCounts(s.Counts),
		Dark: s.Counts.Dark(), DarkForSeconds: s.DarkSince.Seconds(), Drifted: s.Counts.Of(storelink.StateDrifted),
		Grants: operator.GrantStats{
			Active: s.Consents.Active, OrganizationsWithout: s.Consents.Ended,
			ExpiringIn1Day: s.Consents.Day, ExpiringIn7Days: s.Consents.Week, ExpiringIn30Days: s.Consents.Month,
		},
		Budget: operator.BudgetStats{
			LimitPerSecond: s.Budget.Limit, RateShare: s.Budget.Share, AheadSeconds: s.Budget.Ahead.Seconds(),
			TokenCalls: s.Budget.TokenCalls,
		},
		Drift: operator.DriftPace{Settled: s.Drift.Settled},
	}
	for _, lane := range storelink.Lanes {
		due := s.Due[lane]
		answer.WorkList = append(answer.WorkList, operator.LaneWork{
			Lane: operator.LaneName(lane), Depth: due.Depth.Value, Exact: due.Depth.Exact, OldestSeconds: due.Age.Seconds(),
		})
		answer.Budget.Lanes = append(answer.Budget.Lanes, operator.LaneBudget{
			Lane: operator.LaneName(lane), SlotsPerSecond: s.Budget.Used[lane],
		})
	}
	if s.Drift.Interval > 0 {
		goal, effective := s.Drift.Interval.Seconds(), s.Drift.Effective.Seconds()
		answer.Drift.IntervalSeconds, answer.Drift.EffectiveIntervalSeconds = &goal, &effective
	}
	return answer, nil
}

// ListStatsHistory answers GET /admin/stats/history.
func (h statsHandlers) ListStatsHistory(ctx context.Context, r operator.ListStatsHistoryRequestObject) (operator.ListStatsHistoryResponseObject, error) {
	days := usualDays
	if r.Params.Days != nil {
		days = *r.Params.Days
	}
	history, err := h.stats.StatsHistory(ctx, days)
	if err != nil {
		return nil, err
	}
	return operator.ListStatsHistory200JSONResponse{AsOf: history.AsOf.UTC(), Items: each(history.Days, statsDay)}, nil
}

// usualDays is how many days are answered where nobody says how many.
const usualDays = 30

func statsDay(d storelink.StatsDay) operator.StatsDay {
	return operator.StatsDay{
		Day: d.Day.Format(time.DateOnly), Total: d.Counts.Of(), States: mappingCounts(d.Counts), Codes: codeCounts(d.Counts),
		Counts: kindCounts(d.Counts), Dark: d.Counts.Dark(), Drifted: d.Counts.Of(storelink.StateDrifted),
		DriftFound: d.Found, DriftHealed: d.Healed, Settled: mappingCounts(d.Settled),
	}
}

func mappingCounts(c storelink.MappingCounts) operator.MappingCounts {
	return operator.MappingCounts{
		Pending: c.Of(storelink.StatePending), Waiting: c.Of(storelink.StateWaiting), Connected: c.Of(storelink.StateConnected),
		Disconnected: c.Of(storelink.StateDisconnected), Conflict: c.Of(storelink.StateConflict), Failed: c.Of(storelink.StateFailed),
		Drifted: c.Of(storelink.StateDrifted), Unmanaged: c.Of(storelink.StateUnmanaged),
	}
}

func codeCounts(c storelink.MappingCounts) operator.CodeCounts {
	return operator.CodeCounts{
		StoreNotFound: c.OfCode(storelink.FailStoreNotFound), LocalStoreIdRefused: c.OfCode(storelink.FailIDRefused),
		LocalStoreIdTaken: c.OfCode(storelink.FailIDTaken), ScopeMissing: c.OfCode(storelink.FailScopeMissing),
		AccessDenied: c.OfCode(storelink.FailAccessDenied), ReauthorizationRequired: c.OfCode(storelink.FailReauthorization),
		UpstreamUnavailable: c.OfCode(storelink.FailUpstreamDown), RestoreFailed: c.OfCode(storelink.FailRestore),
	}
}

// kindCounts adds up what differs in darkness alone: those stand beside each other.
func kindCounts(c storelink.MappingCounts) []operator.KindCount {
	counts := []operator.KindCount{}
	for i, kind := range c {
		if i > 0 && c[i-1].State == kind.State && c[i-1].Code == kind.Code {
			counts[len(counts)-1].Count += kind.Count
			continue
		}
		counts = append(counts, operator.KindCount{
			State: operator.MappingState(kind.State), Code: enumOrNull[operator.ItemCode](string(kind.Code)), Count: kind.Count,
		})
	}
	return counts
}
