package storelink_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
)

func TestPaceOfLooksForDrift(t *testing.T) {
	for name, c := range map[string]struct {
		settled   int
		interval  time.Duration
		slots     float64
		effective time.Duration
	}{
		"the goal can be met":      {settled: 1000, interval: time.Hour, slots: 20, effective: time.Hour},
		"the budget stretches it":  {settled: 1_008_000, interval: 6 * time.Hour, slots: 20, effective: 14 * time.Hour},
		"a rate that was lowered":  {settled: 72_000, interval: time.Minute, slots: 2, effective: 10 * time.Hour},
		"no limit":                 {settled: 1_000_000, interval: time.Minute, effective: time.Minute},
		"nobody looks":             {settled: 1_000_000, slots: 20},
		"nothing is there to look": {interval: time.Hour, slots: 20, effective: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			pace := storelink.PaceOf(c.settled, c.interval, c.slots)
			require.Equal(t, storelink.DriftPace{Settled: c.settled, Interval: c.interval, Effective: c.effective}, pace)
		})
	}
}
