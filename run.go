package storelink

import "time"

// MaxItems is the greatest number of items in one run.
const MaxItems = 10_000

// MaxInteractiveItems is the greatest number of items of a run that a person waits for: larger runs go in the background.
const MaxInteractiveItems = 5

// MaxUnfinishedItems is the greatest number of items without an outcome that one organization may have.
const MaxUnfinishedItems = 50_000

// Outcome says how an item of a run ended.
type Outcome string

// The outcomes of an item.
const (
	OutcomeConnected    Outcome = "connected"
	OutcomeReplaced     Outcome = "replaced"
	OutcomeUnchanged    Outcome = "unchanged"
	OutcomeDisconnected Outcome = "disconnected"
	OutcomeConflict     Outcome = "conflict"
	OutcomeSuperseded   Outcome = "superseded"
	OutcomeCancelled    Outcome = "cancelled"
	OutcomeFailed       Outcome = "failed"
)

// RunState says whether a run goes on.
type RunState string

// The states of a run.
const (
	RunRunning RunState = "running"
	RunWaiting RunState = "waiting"
	RunDone    RunState = "done"
)

// Ask is what one item of a run wants of one remote store.
type Ask struct {
	Store        StoreRef
	LocalStoreID string // empty: disconnect
	Replaces     string // the id that may be replaced; empty: none is named
	ReplacesAny  bool   // whatever is there may be replaced (a disconnect that names nothing)
}

// Asker says who asks, and on whose authority: accepting a run locks the session's row and refuses where it has ended.
type Asker struct {
	OrganizationID  string
	SessionID       string // empty: not a browser
	Actor           string // for history: "user" or an admin token's name
	RequestID       string
	NeedsPermission bool   // only ids that a connect session allows may be used
	Reason          string // an operator's, for history; empty: none was given
}

// IdempotencyKey binds a repeat of a request to its first run. Fingerprint covers route, body and permission.
type IdempotencyKey struct {
	Key         string
	Fingerprint [32]byte
}

// Run is one request to onboard or disconnect stores.
type Run struct {
	ID           string
	Organization Organization
	State        RunState
	WaitingFor   string // "consent", "upstream" or ""
	WaitingSince *time.Time
	CreatedAt    time.Time
	EndedAt      *time.Time
	Actor        string
	Total        int
	Counts       Counts
	Version      int64
}

// RunFilter selects runs of all organizations. Empty fields do not filter.
type RunFilter struct {
	OrganizationID string
	State          RunState
	Page           Page // newest first
}

// Counts counts a run's items by outcome.
type Counts struct {
	Connected, Replaced, Unchanged, Disconnected, Conflict, Superseded, Cancelled, Failed, Pending int
}

// Item is one store of a run.
type Item struct {
	Number               int   // position in the request, from 0
	Version              int64 // the run's version when the item last changed
	Store                StoreRef
	BrandName            string
	StoreName            string
	LocalStoreID         *string // nil: disconnect
	Outcome              Outcome // "" while pending
	ObservedLocalStoreID *string
	Failure              *Failure
}

// Failure says why an item did not come out as asked.
type Failure struct {
	Code      FailureCode
	Detail    string // a sentence that is safe to show
	Retryable bool   // asking the same again may succeed
}

// Retryable reports whether asking the same again may succeed without another id or another account.
func (c FailureCode) Retryable() bool {
	switch c {
	case FailIDRefused, FailStoreNotFound:
		return false
	default:
		return true
	}
}

// ItemFilter selects items of a run. Outcome "pending" selects those without one.
type ItemFilter struct {
	Outcome string
	Page    Page
}

// ItemMark is a place among the items of a run in the order of their changes: behind the item Number of those that
// changed with Version.
type ItemMark struct {
	Version int64
	Number  int
}

// Mark is the item's own place in the order of changes.
func (i Item) Mark() ItemMark { return ItemMark{Version: i.Version, Number: i.Number} }

// PreviewStep says what an ask would do.
type PreviewStep string

// The steps of a preview.
const (
	PreviewConnect  PreviewStep = "connect"
	PreviewReplace  PreviewStep = "replace"
	PreviewNone     PreviewStep = "none"
	PreviewConflict PreviewStep = "conflict"
	PreviewTaken    PreviewStep = "taken"
	PreviewNotFound PreviewStep = "not_found"
)

// Preview is what an ask would find and do.
type Preview struct {
	Ask                  Ask
	Step                 PreviewStep
	ObservedLocalStoreID *string
}
