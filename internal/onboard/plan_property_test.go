package onboard

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"storelink"
)

// faultyUpstream answers as upstream may at its worst: a write may be lost, happen without an answer, or happen later;
// and an id may be refused for good.
type faultyUpstream struct {
	connected string
	refuses   map[string]bool
	late      []func() // writes under way
}

// reading is what a pass knows and keeps, as the mapping's row has it.
type reading struct {
	desired              storelink.Desired
	may                  map[string]bool
	restore              string
	refused              bool
	lateDelete, latePost bool
}

func (r *reading) situation(observed string) Situation {
	return Situation{
		Desired: r.desired, Observed: observed, MayReplace: r.may[observed], Restore: r.restore, Refused: r.refused,
		LateDelete: r.lateDelete, LatePost: r.latePost, Repair: true,
	}
}

// send carries a write out: answered, or with its answer lost and its effect now, later or never.
func (u *faultyUpstream) send(t *rapid.T, effect func()) (answered bool) {
	switch rapid.SampledFrom([]string{"answered", "answered", "lost before", "lost after", "late"}).Draw(t, "answer") {
	case "answered":
		effect()
		return true
	case "lost after":
		effect()
	case "late":
		u.late = append(u.late, effect)
	}
	return false
}

func (u *faultyUpstream) post(id string) {
	if u.connected == "" && !u.refuses[id] {
		u.connected = id
	}
}

// lands lets the writes under way happen: the time in which they may is over.
func (u *faultyUpstream) lands() {
	for _, effect := range u.late {
		effect()
	}
	u.late = nil
}

// Whatever answers are lost and whatever happens late, applying the plan reaches what is desired or ends with what was
// there; and it never sends a DELETE while it sees an id that may not be replaced, nor one that another may still follow.
func TestPlanSurvivesLostAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SampledFrom([]string{"", "a", "b"})
		had := ids.Draw(t, "connected")
		up := &faultyUpstream{connected: had, refuses: map[string]bool{"a": rapid.Bool().Draw(t, "refuses a")}}
		named := rapid.Bool().Draw(t, "named")
		r := &reading{
			desired: rapid.SampledFrom([]storelink.Desired{storelink.Want(""), storelink.Want("a")}).Draw(t, "desired"),
			may:     map[string]bool{had: named && had != ""},
		}
		for range 60 {
			seen := up.connected
			r.look(seen)
			step := Plan(r.situation(seen))
			switch step {
			case StepDelete:
				require.True(t, r.may[seen], "%q may not be replaced", seen)
				require.False(t, r.lateDelete, "a DELETE may still come")
				r.restore = seen
				r.lateDelete = !up.send(t, func() { up.connected = "" })
			case StepPost, StepRestore:
				r.post(t, up, step)
			case StepWait:
				up.lands()
				r.lateDelete, r.latePost = false, false
			default:
				up.lands()
				if up.connected != seen { // the look at the time from which nothing comes late
					r.lateDelete, r.latePost = false, false
					continue
				}
				requireNoLoss(t, step, r.desired, had, up.connected)
				return
			}
		}
		t.Fatal("no end after 60 steps")
	})
}

// look takes in what a look showed, as pass.saw does.
func (r *reading) look(seen string) {
	if seen == "" {
		r.lateDelete = false
	}
	if seen != "" && (seen != r.restore || !r.lateDelete && !r.latePost) {
		r.restore = ""
	}
}

func (r *reading) post(t *rapid.T, up *faultyUpstream, step Step) {
	id := r.desired.LocalStoreID
	if step == StepRestore {
		id = r.restore
	}
	r.may[id] = true
	if up.refuses[id] && step == StepPost {
		r.refused = true
		return
	}
	r.latePost = !up.send(t, func() { up.post(id) }) || r.latePost
}

func requireNoLoss(t *rapid.T, step Step, desired storelink.Desired, had, is string) {
	if step == StepDone {
		require.Equal(t, desired.LocalStoreID, is)
		return
	}
	require.Equal(t, had, is, "after %s", step)
}
