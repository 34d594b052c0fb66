package storelink

import "time"

// Organization is a company at Otter. Each upstream user belongs to exactly one.
type Organization struct {
	ID   string
	Name string
}

// OrganizationHealth is an organization as operators see it.
type OrganizationHealth struct {
	Organization
	Mappings    map[MappingState]int
	Grants      GrantHealth
	DriftPolicy DriftPolicy // "": the deployment's
	CreatedAt   time.Time
}

// OrganizationFilter selects organizations by a case-insensitive substring of their name.
type OrganizationFilter struct {
	Query string
	Page  Page
}

// Brand is a brand of an organization.
type Brand struct {
	ID   string
	Name string
}

// RemoteStore is a store at Otter.
type RemoteStore struct {
	ID        string
	BrandID   string
	BrandName string
	Name      string
	Address   *Address      // nil where upstream has none
	Mapping   *StoreMapping // nil where nobody ever asked for the store
}

// Address is a store's address as upstream gives it. AddressLines holds upstream's deprecated twin where only that is given.
type Address struct {
	FullAddress  *string   `json:"fullAddress"`
	PostalCode   string    `json:"postalCode"`
	City         string    `json:"city"`
	State        string    `json:"state"`
	CountryCode  string    `json:"countryCode"`
	AddressLines []string  `json:"addressLines"`
	Location     *Location `json:"location"`
}

// Location is a point in degrees (WGS 84).
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// StoreMapping is what the mapping table says of a remote store, in short.
type StoreMapping struct {
	State        MappingState
	LocalStoreID *string // what the store is connected to as far as we know, else nil
	ObservedAt   *time.Time
}

// Connection is the live state of a store's connection upstream.
type Connection struct {
	LocalStoreID string // empty: not connected
}

// StoreRef names a remote store within an organization.
type StoreRef struct {
	BrandID string
	StoreID string
}

// BrandFilter selects brands by a case-insensitive substring of their name.
type BrandFilter struct {
	Query string
	Page  Page
}

// StoreFilter selects remote stores. Empty fields do not filter. Query is a case-insensitive substring of name,
// address, store id or local store id.
type StoreFilter struct {
	BrandID string
	Query   string
	States  []MappingState // of the mapping; StateNone stands for stores that nobody asked for
	Page    Page
}

// Page asks for at most Limit rows after the row whose sort key is After (nil: from the start).
type Page struct {
	Limit int
	After []string
}

// List is one page of T. Next is the sort key of its last row, or nil on the last page.
type List[T any] struct {
	Items []T
	Next  []string
	AsOf  time.Time
	Total *Total
}

// Total is a count of all rows that match, and whether it is exact.
type Total struct {
	Value int
	Exact bool
}

// TreeProgress says how much of the organization tree has been loaded.
type TreeProgress struct {
	Brands int // loaded
	Of     int // known
}
