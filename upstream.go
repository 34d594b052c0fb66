package storelink

import (
	"fmt"
	"time"
)

// Lane says whose calls go first through the shared budget.
type Lane string

// The lanes. Interactive is what a person waits for, and a store without its connection; background is everything else.
const (
	LaneInteractive Lane = "interactive"
	LaneBackground  Lane = "background"
	LaneDrift       Lane = "drift" // of the work list alone: its calls go in the background
)

// Turn is what the shared budget has to know of a call.
type Turn struct {
	Lane           Lane
	OrganizationID string // empty: not known yet, as in the first call of a sign-in
}

// Call carries what every connection call needs.
type Call struct {
	Token AccessToken
	Store StoreRef
	Lane  Lane // without one nothing is sent
	// Guard is asked right before a request is handed to the transport, after any waiting for the budget; where it
	// returns an error nothing is sent and the call returns that error. Nil: no guard.
	Guard func() error
}

// UpstreamError says how an upstream call failed. Status is 0 where no answer came.
type UpstreamError struct {
	Op         string // the call, without ids
	Status     int
	Message    string        // upstream's own message: bounded, without control characters; may be empty
	RetryAfter time.Duration // as upstream asked; zero: not said
	Sent       bool          // the request may have reached upstream
	Err        error         // the transport's error, where no answer came
}

// Error names the call and its status; never a body.
func (e *UpstreamError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("upstream %s: no answer: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("upstream %s: status %d", e.Op, e.Status)
}

// Unwrap returns the transport's error.
func (e *UpstreamError) Unwrap() error { return e.Err }

// Unanswered reports whether the call may have happened, or may still happen late: nothing came back, or only a
// gateway's word (502, 504).
func (e *UpstreamError) Unanswered() bool {
	return e.Sent && (e.Status == 0 || e.Status == 502 || e.Status == 504)
}
