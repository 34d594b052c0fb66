package onboard

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"storelink"
)

func TestPlan(t *testing.T) {
	unmanaged, none, a := storelink.Desired{Kind: storelink.DesireUnmanaged}, storelink.Want(""), storelink.Want("a")
	tests := []struct {
		name         string
		situation    Situation
		repair, look Step
	}{
		{"unmanaged, dark", Situation{Desired: unmanaged, Restore: "b"}, StepRestore, StepDone},
		{"unmanaged, not connected", Situation{Desired: unmanaged}, StepDone, StepDone},
		{"unmanaged, connected", Situation{Desired: unmanaged, Observed: "b", Restore: "b"}, StepDone, StepDone},
		{"unmanaged, connected, late DELETE", Situation{Desired: unmanaged, Observed: "b", Restore: "b", LateDelete: true}, StepDone, StepDone},
		{"as desired", Situation{Desired: a, Observed: "a"}, StepDone, StepDone},
		{"as desired, late DELETE", Situation{Desired: a, Observed: "a", LateDelete: true}, StepDone, StepDone},
		{"as desired, though refused", Situation{Desired: a, Observed: "a", Refused: true}, StepDone, StepDone},
		{"refused, dark", Situation{Desired: a, Refused: true, Restore: "b"}, StepRestore, StepDrifted},
		{"refused, dark, late POST", Situation{Desired: a, Refused: true, Restore: "b", LatePost: true}, StepRestore, StepDrifted},
		{"refused, nothing there, late POST", Situation{Desired: a, Refused: true, LatePost: true}, StepWait, StepDrifted},
		{"refused, nothing there", Situation{Desired: a, Refused: true}, StepFailed, StepDrifted},
		{"refused, restored", Situation{Desired: a, Observed: "b", MayReplace: true, Refused: true}, StepFailed, StepDrifted},
		{"not connected", Situation{Desired: a}, StepPost, StepDrifted},
		{"not connected, dark", Situation{Desired: a, Restore: "b"}, StepPost, StepDrifted},
		{"not connected, late POST", Situation{Desired: a, LatePost: true}, StepPost, StepDrifted},
		{"another, may be replaced", Situation{Desired: a, Observed: "b", MayReplace: true}, StepDelete, StepDrifted},
		{"another, late DELETE", Situation{Desired: a, Observed: "b", MayReplace: true, LateDelete: true}, StepWait, StepWait},
		{"another", Situation{Desired: a, Observed: "b"}, StepConflict, StepDrifted},
		{"none, may be replaced", Situation{Desired: none, Observed: "b", MayReplace: true}, StepDelete, StepDrifted},
		{"none, late DELETE", Situation{Desired: none, Observed: "b", MayReplace: true, LateDelete: true}, StepWait, StepWait},
		{"none, another", Situation{Desired: none, Observed: "b"}, StepConflict, StepDrifted},
		{"none, not connected", Situation{Desired: none}, StepDone, StepDone},
		{"none, not connected, dark", Situation{Desired: none, Restore: "b"}, StepDone, StepDone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.situation
			require.Equal(t, tt.look, Plan(s), "look")
			s.Repair = true
			require.Equal(t, tt.repair, Plan(s), "repair")
		})
	}
}

// modelUpstream answers as upstream may, without faults: it accepts, or refuses the desired id for good.
type modelUpstream struct {
	connected string
	refuses   map[string]bool
}

func (m *modelUpstream) post(id string) (refused bool) {
	if m.refuses[id] {
		return true
	}
	m.connected = id
	return false
}

// Applying the plan reaches what is desired, or stops without a loss; and never takes away what may not be replaced.
func TestPlanReachesDesiredOrLosesNothing(t *testing.T) {
	ids := rapid.SampledFrom([]string{"", "a", "b", "c"})
	rapid.Check(t, func(t *rapid.T) {
		had := ids.Draw(t, "connected")
		may := rapid.Bool().Draw(t, "may replace")
		up := &modelUpstream{connected: had, refuses: map[string]bool{"a": rapid.Bool().Draw(t, "refuses a")}}
		s := Situation{
			Desired: rapid.SampledFrom([]storelink.Desired{{Kind: storelink.DesireUnmanaged}, storelink.Want(""), storelink.Want("a")}).Draw(t, "desired"),
			Repair:  true,
		}
		var last Step
		for range 10 {
			s.Observed = up.connected
			s.MayReplace = may && s.Observed == had
			last = Plan(s)
			switch last {
			case StepDelete:
				if !may {
					t.Fatalf("deleted %q, which may not be replaced", up.connected)
				}
				s.Restore, up.connected = up.connected, ""
			case StepPost:
				s.Refused = up.post(s.Desired.LocalStoreID)
			case StepRestore:
				up.post(s.Restore)
				s.Restore = ""
			default:
				switch {
				case last == StepDone && s.Desired.Kind != storelink.DesireUnmanaged:
					require.Equal(t, s.Desired.LocalStoreID, up.connected)
				default:
					require.Equal(t, had, up.connected, "after %s", last)
				}
				return
			}
		}
		t.Fatalf("no end after 10 steps, the last: %s", last)
	})
}
