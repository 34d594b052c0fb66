package storelink

// LocalStore is a store of the integrator's catalogue. Empty fields are not known.
type LocalStore struct {
	ID          string
	Group       string // the customer that it belongs to
	Name        string
	Address     string // street and number, or the whole address
	PostalCode  string
	City        string
	State       string
	CountryCode string
	Location    *Location
	Taken       bool // a mapping of any organization holds its id
}

// LocalStoreAccess says which stores of the catalogue somebody may use: all of them, else those with one of the ids and
// those of the group. The zero value allows none.
type LocalStoreAccess struct {
	All   bool
	Group string // "": no group
	IDs   []string
}

// LocalStoreFilter selects stores of the catalogue among those that Access allows. Query is a case-insensitive substring
// of id, name or address.
type LocalStoreFilter struct {
	Access LocalStoreAccess
	Group  string
	Query  string
	Page   Page
}

// CatalogueChange counts what replacing the catalogue, or a group of it, did.
type CatalogueChange struct {
	Total   int // stores that it has now
	Added   int
	Changed int
	Removed int
}
