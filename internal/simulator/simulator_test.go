package simulator_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/simulator"
	"storelink/internal/storetest"
)

var (
	seed  = flag.Uint64("seed", 0, "play the schedule of this seed, and print it")
	night = flag.Bool("night", false, "with -seed: the schedule with operators and looks for drift")
)

func bench(t *testing.T) *simulator.Bench {
	t.Helper()
	b, err := simulator.Open(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// soak plays the schedules of seeds from first on, spread over the cores, and prints those that fail.
func soak(t *testing.T, play func(*simulator.Bench, context.Context, uint64) simulator.Result, first, n uint64) {
	t.Helper()
	var (
		next   atomic.Uint64
		steps  atomic.Int64
		failed atomic.Int64
		group  sync.WaitGroup
	)
	most := int64(5)
	if n, err := strconv.ParseInt(os.Getenv("STORELINK_SOAK_FAILURES"), 10, 64); err == nil {
		most = n
	}
	next.Store(first)
	began := time.Now()
	for range runtime.GOMAXPROCS(0) {
		b := bench(t)
		group.Go(func() {
			for s := next.Add(1) - 1; s < first+n && failed.Load() < most; s = next.Add(1) - 1 {
				r := play(b, t.Context(), s)
				steps.Add(int64(r.Steps))
				if r.Err != nil {
					failed.Add(1)
					t.Errorf("seed %d after %d schedules: %v\n%s", s, s-first+1, r.Err, r.Trace)
				}
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	t.Logf("%d schedules from seed %d, %d steps, %s: %.0f a second", n, first, steps.Load(), took.Round(time.Millisecond), float64(n)/took.Seconds())
}

func TestSchedules(t *testing.T) {
	soak(t, (*simulator.Bench).Play, 1, 300)
}

func TestNights(t *testing.T) {
	soak(t, (*simulator.Bench).PlayNight, 1, 100)
}

// TestRegressions plays the schedules that once broke something, with what it was. A change of the simulator deals their
// dice anew; the rules that they led to have tests of their own.
func TestRegressions(t *testing.T) {
	seeds := map[uint64]string{
		137:   "a 403 on a look settled an ask whose write might have happened",
		353:   "a settled look posted a refused id for ever",
		541:   "a 403 after an answer that was lost forgot what upstream had",
		882:   "an item ended superseded though its mapping's newest ask was its own",
		982:   "a 403 on the look after a death settled untruly",
		1013:  "an ask that reverted to none forgot what it had to restore",
		1171:  "a verify look that died after its intent was never taken up",
		2650:  "a lease lapsed when the faults were said to be over",
		3077:  "an ask lost the race for new stores three times, and gave up",
		4048:  "a person changed the store between our POST and its answer, and drifted was not believed",
		4575:  "a late DELETE took away what a person had put there meanwhile, and we were blamed",
		50010: "two passes saw a change by hand and died before they wrote it down, and the item was blamed",
		57709: "a disconnect had ended when a late POST landed, and taking it back was refused",
		73590: "a 403 on a look ended an ask though a POST of it could still land, and did",
		78845: "what a late POST left was taken away again, and was to be restored for ever",
		82505: "a person changed the store between a look and its end, and the item was blamed",
		84940: "the same, and a later ask was cancelled",
	}
	b := bench(t)
	for seed, was := range seeds {
		r := b.Play(t.Context(), seed)
		require.NoError(t, r.Err, "seed %d (%s)\n%s", seed, was, r.Trace)
	}
}

// TestNightRegressions plays the nights that once broke something, with what it was.
func TestNightRegressions(t *testing.T) {
	seeds := map[uint64]string{
		147: "an ask that had failed kept what an operator's reconcile restored to be restored",
		172: "a disconnect by an operator's reconcile left the id to be restored, and failed in its word",
	}
	b := bench(t)
	for seed, was := range seeds {
		r := b.PlayNight(t.Context(), seed)
		require.NoError(t, r.Err, "seed %d (%s)\n%s", seed, was, r.Trace)
	}
}

// TestSoak plays as many schedules as STORELINK_SOAK says: `make soak N=10000`.
func TestSoak(t *testing.T) {
	n, err := strconv.ParseUint(os.Getenv("STORELINK_SOAK"), 10, 64)
	if err != nil {
		t.Skip("STORELINK_SOAK is not set")
	}
	first := *seed
	if first == 0 {
		first = 1
	}
	soak(t, (*simulator.Bench).Play, first, n)
	soak(t, (*simulator.Bench).PlayNight, first, n/4)
}

// TestSeed replays one schedule: `go test ./internal/simulator -run Seed -seed=N -v`, with -night one of TestNights.
func TestSeed(t *testing.T) {
	if *seed == 0 {
		t.Skip("-seed is not set")
	}
	play := (*simulator.Bench).Play
	if *night {
		play = (*simulator.Bench).PlayNight
	}
	r := play(bench(t), t.Context(), *seed)
	fmt.Fprintln(os.Stdout, r.Trace)
	require.NoError(t, r.Err)
}

func TestASeedReplays(t *testing.T) {
	b := bench(t)
	for s := range uint64(40) {
		first := strings.Split(b.Play(t.Context(), s).Trace, "\n")
		second := strings.Split(b.Play(t.Context(), s).Trace, "\n")
		for i := range min(len(first), len(second)) {
			require.Equal(t, first[i], second[i], "seed %d, after\n%s", s, strings.Join(first[max(0, i-30):i], "\n"))
		}
		require.Len(t, second, len(first), "seed %d", s)
	}
}
