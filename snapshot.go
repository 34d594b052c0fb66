package storelink

import (
	"strings"
	"time"
)

// Snapshot is the state of an organization's snapshot: all of its brands and stores as they were read last.
type Snapshot struct {
	AsOf     time.Time     // when the newest complete load began; zero: there is none
	Age      time.Duration // since AsOf, by the database's clock
	Running  bool          // a load gave a sign of life within the last seconds
	Progress TreeProgress  // of the newest load
}

// SearchText returns what a query is looked for in, in lower case: the store's name, address and id. Its local store id
// belongs to the mapping and is not in it.
func (s RemoteStore) SearchText() string {
	parts := []string{s.Name}
	if a := s.Address; a != nil {
		if a.FullAddress != nil {
			parts = append(parts, *a.FullAddress)
		}
		parts = append(parts, a.AddressLines...)
		parts = append(parts, a.PostalCode, a.City, a.State, a.CountryCode)
	}
	return strings.ToLower(strings.Join(append(parts, s.ID), "\n"))
}
