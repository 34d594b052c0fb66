// Package onboard is the heart: it takes asks in, plans, and reconciles each mapping with upstream in passes.
//
// plan.go decides, pass.go acts, worker.go claims and keeps leases, run.go accepts and answers.
package onboard

import (
	"storelink"
)

// Step is what a pass does next.
type Step string

// The steps. Wait means: send nothing now, go on when no write of ours can take effect late any more.
const (
	StepDone     Step = "done"
	StepPost     Step = "post"    // the desired id
	StepRestore  Step = "restore" // POST the id that a DELETE took away
	StepDelete   Step = "delete"  // what is observed
	StepConflict Step = "conflict"
	StepFailed   Step = "failed"
	StepDrifted  Step = "drifted"
	StepWait     Step = "wait"
)

// Situation is all that a plan depends on.
type Situation struct {
	Desired    storelink.Desired
	Observed   string // the local store id that upstream shows; empty: none
	MayReplace bool   // the observed id may be deleted
	Restore    string // taken away by a DELETE and not replaced yet; empty: nothing
	Refused    bool   // upstream refused the desired id for good
	LateDelete bool   // a DELETE without an answer may still take effect
	LatePost   bool   // a POST without an answer may still take effect
	Repair     bool   // false: only look
}

// Plan returns the next step. It depends on nothing but the situation.
//
//	desired     observed                       repair    look
//	any         another id, late DELETE        wait      wait
//	unmanaged   none, restore is set           restore   done
//	unmanaged   otherwise                      done      done
//	a           a                              done      done
//	a, refused  none, restore is set           restore   drifted
//	a, refused  none, late POST                wait      drifted
//	a, refused  otherwise                      failed    drifted
//	a           none                           post      drifted
//	a           b, b may be replaced           delete    drifted
//	a           b, otherwise                   conflict  drifted
//	none        b, b may be replaced           delete    drifted
//	none        b, otherwise                   conflict  drifted
//	none        none                           done      done
//
// While a DELETE of ours may still take effect, a store that shows another id keeps its orders until it is known
// whether it will lose them. An ask does not end failed with nothing connected while a POST of it may still arrive.
func Plan(s Situation) Step {
	if s.Desired.Kind == storelink.DesireUnmanaged {
		if s.Observed == "" && s.Restore != "" && s.Repair {
			return StepRestore
		}
		return StepDone
	}
	if s.Observed == s.Desired.LocalStoreID {
		return StepDone // Desired none has the empty id, and so has an observation of none.
	}
	if s.LateDelete && s.Observed != "" {
		return StepWait
	}
	if !s.Repair {
		return StepDrifted
	}
	if s.Refused {
		return planRefused(s)
	}
	switch {
	case s.Observed == "":
		return StepPost
	case s.MayReplace:
		return StepDelete
	default:
		return StepConflict
	}
}

func planRefused(s Situation) Step {
	switch {
	case s.Observed == "" && s.Restore != "":
		return StepRestore
	case s.Observed == "" && s.LatePost:
		return StepWait
	default:
		return StepFailed
	}
}
