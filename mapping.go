package storelink

import "time"

// MappingState is the state of a mapping as people see it.
type MappingState string

// The states of a mapping.
const (
	StatePending      MappingState = "pending"
	StateWaiting      MappingState = "waiting"
	StateConnected    MappingState = "connected"
	StateDisconnected MappingState = "disconnected"
	StateConflict     MappingState = "conflict"
	StateFailed       MappingState = "failed"
	StateDrifted      MappingState = "drifted"
	StateUnmanaged    MappingState = "unmanaged"
	// StateNone is a filter value only: the store has no mapping.
	StateNone MappingState = "none"
)

// FailureCode says why a mapping or an item is not as asked.
type FailureCode string

// The failure codes.
const (
	FailStoreNotFound   FailureCode = "store_not_found"
	FailIDRefused       FailureCode = "local_store_id_refused"
	FailIDTaken         FailureCode = "local_store_id_taken"
	FailScopeMissing    FailureCode = "scope_missing"
	FailAccessDenied    FailureCode = "access_denied"
	FailReauthorization FailureCode = "reauthorization_required"
	FailUpstreamDown    FailureCode = "upstream_unavailable"
	FailRestore         FailureCode = "restore_failed"
	WaitForConsent                  = "consent"
	WaitForUpstream                 = "upstream"
)

// DesiredKind says what kind of wish a Desired is.
type DesiredKind string

// The kinds of desired.
const (
	DesireUnmanaged DesiredKind = "unmanaged" // we hold no opinion: the first ask came to nothing
	DesireNone      DesiredKind = "none"      // disconnected on purpose
	DesireID        DesiredKind = "id"
)

// Desired is what a store's connection should be.
type Desired struct {
	Kind         DesiredKind
	LocalStoreID string // with DesireID only
}

// Want returns the Desired for a local store id; the empty id wants no connection.
func Want(localStoreID string) Desired {
	if localStoreID == "" {
		return Desired{Kind: DesireNone}
	}
	return Desired{Kind: DesireID, LocalStoreID: localStoreID}
}

// Mapping is the row that ties one remote store to at most one local store id, as operators see it.
type Mapping struct {
	ID                   string
	Organization         Organization
	Store                StoreRef
	BrandName            string
	StoreName            string
	Managed              bool
	DesiredLocalStoreID  *string
	AskedLocalStoreID    *string
	ObservedLocalStoreID *string
	PreviousLocalStoreID *string
	RestoreLocalStoreID  *string
	State                MappingState
	Code                 FailureCode // "" where none
	Dark                 bool        // a DELETE of ours is not followed by anything yet
	WaitingFor           string
	WaitingSince         *time.Time
	Attempts             int
	NextTryAt            *time.Time
	UpstreamMessage      string // bounded, without control characters; "" where none
	LeasedUntil          *time.Time
	Generation           int64
	SettledGeneration    int64
	ObservedAt           *time.Time
	CreatedAt            time.Time
	UpdatedAt            time.Time
}

// MappingSort is what a list of mappings is ordered by; mappings that are equal in it are ordered by id.
type MappingSort string

// The orders of mappings. Names sort without regard to case.
const (
	SortByID           MappingSort = "id"
	SortByCreated      MappingSort = "createdAt"
	SortByUpdated      MappingSort = "updatedAt"
	SortByObserved     MappingSort = "observedAt" // those never looked at come before all others
	SortByState        MappingSort = "state"
	SortByLocalStoreID MappingSort = "localStoreId" // the desired id, else the observed one; those without come first
	SortByStoreName    MappingSort = "storeName"
	SortByOrganization MappingSort = "organizationName"
)

// MappingFilter selects mappings. Empty fields do not filter; several fields must all match; several States or Codes
// mean any of them.
type MappingFilter struct {
	LocalStoreID         string // desired, asked, observed or to be restored
	DesiredLocalStoreID  string
	ObservedLocalStoreID string
	StoreID              string
	OrganizationID       string
	BrandID              string
	States               []MappingState
	Codes                []FailureCode
	Dark                 *bool
	StaleSince           *time.Time // not looked at since then, or never
	Query                string     // a part of a name or of an id, in any case

	Sort       MappingSort // "": by id
	Descending bool
	Page       Page
}

// MappingEvent is one line of a mapping's history.
type MappingEvent struct {
	ID        string
	At        time.Time
	Actor     string // who or what: "user", "storelink", "upstream", an admin token's name
	Kind      string // "asked", "observed", "settled"; an operator's "reconcile" and "adopted"
	From      *string
	To        *string
	Why       string
	RequestID string
	RunID     *string
}

// Lookup is the answer to a look-up on the hot path.
type Lookup struct {
	Mapping    *Mapping // nil: none
	KnownStore bool     // the snapshot holds the remote store, though nobody asked for it
}

// Act is what an operator does to one mapping, with the reason that history keeps.
type Act struct {
	MappingID      string
	ExpectObserved string // the local store id that upstream is expected to show; empty: whatever it shows
	Reason         string
	Actor          string // the admin token's name
	RequestID      string
}

// BulkAction is what is done to all mappings that match a filter.
type BulkAction string

// The actions.
const (
	ActionReconcile  BulkAction = "reconcile"  // ask again for what is desired; whatever is there may be replaced
	ActionAdopt      BulkAction = "adopt"      // take what was observed last as desired
	ActionDisconnect BulkAction = "disconnect" // whatever is there
)

// BulkAct is what an operator does to all mappings that match a filter, with the reason that history keeps.
type BulkAct struct {
	Action      BulkAction
	Filter      MappingFilter // its order and page are not looked at
	ExpectCount int
	Reason      string
	Actor       string // the admin token's name
	RequestID   string
}
