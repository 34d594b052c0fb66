package simulator_test

import (
	"os"
	"runtime"
	"sync"
	"testing"

	"storelink/internal/sandbox"
	"storelink/internal/simulator"
)

// lose returns the losses to play: all of them in a soak; in the unit tests those given.
func lose(quick ...int) []int {
	if os.Getenv("STORELINK_SOAK") == "" {
		return quick
	}
	return []int{0, 1, 2, 3}
}

// exhaust plays every schedule of the scenarios with one death and one lost answer.
func exhaust(t *testing.T, scenarios ...simulator.Scenario) {
	t.Helper()
	todo := make(chan simulator.Scenario, len(scenarios))
	for _, sc := range scenarios {
		todo <- sc
	}
	close(todo)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(scenarios)) {
		b := bench(t)
		group.Go(func() {
			for sc := range todo {
				n := b.Exhaust(t.Context(), sc, func(p simulator.Place, r simulator.Result) bool {
					if r.Err != nil {
						t.Errorf("%s, held ids %q, %s: %v\n%s", sc.Name, sc.Held, p, r.Err, r.Trace)
					}
					return r.Err == nil
				})
				t.Logf("%s, held ids %q: %d schedules", sc.Name, sc.Held, n)
			}
		})
	}
	group.Wait()
}

func TestEveryScheduleOfAReplaceWithOneDeathAndOneLostAnswer(t *testing.T) {
	exhaust(t, simulator.Scenario{Name: "replace", From: []string{"B"}, To: []string{"A"}, Lose: lose(2)})
}

func TestEveryScheduleOfASwapWithOneDeathAndOneLostAnswer(t *testing.T) {
	var scenarios []simulator.Scenario
	for _, held := range []sandbox.HeldMode{sandbox.HeldConflict, sandbox.HeldUnprocessable, sandbox.HeldAccept} {
		scenarios = append(scenarios, simulator.Scenario{
			Name: "swap", Held: held, From: []string{"A", "B"}, To: []string{"B", "A"}, Lose: lose(),
		})
	}
	exhaust(t, scenarios...)
}
