package storelink

import (
	"errors"
	"slices"
	"time"
)

// ErrLeaseLost says that a pass may write no more: its lease went to another pass, or a newer ask was accepted.
var ErrLeaseLost = errors.New("the lease or the generation has moved on")

// DueFor says why a mapping is to be looked at.
type DueFor string

// The reasons to look. A look for drift alone repairs nothing unless the policy says so.
const (
	DueForAsk      DueFor = "ask"
	DueForDrift    DueFor = "drift"
	DueForOperator DueFor = "operator"
)

// DriftPolicy says what a look does that finds another connection than was settled.
type DriftPolicy string

// The policies.
const (
	DriftReport DriftPolicy = "report" // a person decides
	DriftHeal   DriftPolicy = "heal"   // what was settled is put back
)

// Observation is what upstream showed of a connection.
type Observation struct {
	Known        bool   // false: nobody looked yet
	LocalStoreID string // empty: not connected
}

// WriteKind names a write upstream.
type WriteKind string

// The writes upstream.
const (
	WriteDelete WriteKind = "delete"
	WritePost   WriteKind = "post"
)

// Intent is a write that is about to be sent, or was sent without its answer being recorded.
type Intent struct {
	Kind         WriteKind
	LocalStoreID string // what DELETE takes away, or what POST puts there
}

// Refusal is upstream's final word against the asked id.
type Refusal struct {
	Code    FailureCode
	Message string // upstream's, bounded; may be empty
}

// Holding says who else has a local store id that a mapping wants.
type Holding string

// The holdings.
const (
	HoldingFree    Holding = "free"
	HoldingLeft    Holding = "left"    // free, and another mapping stopped showing it since the pass was claimed
	HoldingLeaving Holding = "leaving" // another mapping of ours has it, and an ask that takes it away
	HoldingFirst   Holding = "first"   // as leaving, in a cycle of which the mapping that wants it goes first
	HoldingTaken   Holding = "taken"   // another mapping of ours has it and keeps it
)

// Room says how much work a replica can take: in all, and how much of it may be background, and looks for drift.
// Organizations take turns in the background, from the one that follows After on.
type Room struct {
	All        int
	Background int
	Drift      int
	After      string // an organization's id; empty: from the first
}

// Lease is a pass's hold on a mapping.
type Lease struct {
	MappingID string
	Token     string
}

// Work is a mapping under a lease: all that a pass knows and, but for the first block, all that it writes back.
type Work struct {
	MappingID      string
	LeaseToken     string
	OrganizationID string
	Store          StoreRef
	Lane           Lane
	Generation     int64
	Settled        bool // the generation has an outcome already: this look is for verify, restore, drift or an operator
	Desired        Desired
	Asked          Desired
	Before         Desired // desired of the generation settled before: what an ask that comes to nothing goes back to
	State          MappingState
	Code           FailureCode
	DueFor         DueFor
	Stored         Observation // as the row has it; differs from Observed only within a pass
	StoredRestore  string      // likewise
	RunID          string
	RequestID      string
	TraceParent    string // of the request that asked (W3C Trace Context); empty: it was not traced
	ItemNumber     int
	ClaimedAt      time.Time // by the database's clock

	Observed    Observation
	ObservedBy  string // who brought Observed about, where it differs from Stored
	ObservedNow bool   // Observed was learned in this pass
	First       Observation
	Named       []string // the request allows these to be deleted
	Tried       []string // our own, put there or tried since the last settled generation
	ReplacesAny bool     // the first look's id may be deleted, whatever it is
	Restore     string   // taken away by a DELETE and not replaced yet; empty: nothing
	Refused     *Refusal
	Intent      *Intent
	VerifyAt    time.Time // by this process's clock; zero: no write of ours can take effect late
	LateDelete  bool      // before VerifyAt a DELETE of ours may take effect
	LatePost    bool      // before VerifyAt a POST of ours may take effect
	Attempts    int       // looks in a row that ended in a wait

	Policy DriftPolicy // of the organization; "": the deployment's
	Heals  int         // times within a day that a look for drift put the connection right
}

// MayReplace reports whether a pass may delete the id.
func (w *Work) MayReplace(id string) bool {
	return slices.Contains(w.Named, id) || slices.Contains(w.Tried, id)
}

// Settlement ends a generation, or a look at one that ended before.
type Settlement struct {
	State    MappingState
	Outcome  Outcome // of the item; "" for a look at a settled generation
	Failure  *Failure
	Message  string        // upstream's, for operators
	RetryIn  time.Duration // above zero: look again then (a restore that failed)
	LookIn   time.Duration // above zero: look for drift then
	Healed   bool          // a look for drift put the connection right
	Why      string        // above what the outcome says; "" where there is nothing to say
	Reverted bool          // the ask came to nothing: desired goes back
}

// StillStands reports whether what the newest ask ended with holds as before: a conflict does while there is something
// to be in conflict with.
func (w *Work) StillStands() bool {
	return w.State == StateFailed || w.State == StateConflict && w.Observed.LocalStoreID != ""
}

// PutRight reports whether an operator had the mapping reconciled and there is something that it should be: once it is,
// what the newest ask came to is history. Where we hold no opinion nothing is put right.
func (w *Work) PutRight() bool {
	return w.Settled && w.DueFor == DueForOperator && w.Desired.Kind != DesireUnmanaged
}

// Dark reports whether a DELETE of ours is not followed by anything yet.
func (w *Work) Dark() bool { return w.Restore != "" && w.Observed.LocalStoreID == "" }

// Pause ends a pass without an outcome: it goes on after In, and at once when the id that it waits for is free.
type Pause struct {
	In         time.Duration
	WaitsForID string // held by another mapping that is leaving it; "" where the pass waits for none
	WaitingFor string // "" where the pass merely goes on later
	Code       FailureCode
	Message    string
}

// Observe records what the connection is now, and who brought a change about.
func (w *Work) Observe(localStoreID, by string) {
	w.Observed = Observation{Known: true, LocalStoreID: localStoreID}
	w.ObservedBy = by
	w.ObservedNow = true
}

// Prospect is what the table knows of an ask that was not made yet.
type Prospect struct {
	Replaceable []string // what a pass for it might delete without its being named
	Taken       bool     // another mapping desires, shows or may restore the asked id
}

// MayReplace reports whether a pass for the ask might delete the id without its being named.
func (p Prospect) MayReplace(id string) bool { return slices.Contains(p.Replaceable, id) }
