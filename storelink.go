// Package storelink holds the nouns of the service: organizations, grants, mappings, runs, and the error vocabulary.
//
// storelink puts a company's stores onto the Otter / CloudKitchens platform. A browser signs in over OAuth, reads the
// organization's brands and stores, and asks for each remote store to be connected to a local store id. An ask is one
// transaction: it writes what is desired into the mapping table, raises the mapping's generation and makes it due. The
// mapping table is the work list. Each replica's workers claim due mappings under a lease, look at the connection
// upstream, plan the next step with a pure function, write down the intent of each call before it is sent, and settle
// the mapping with the item of the run. A process may die between any two instructions: the lease lapses and another
// pass begins by looking.
//
// The rooms: internal/api (both HTTP listeners), internal/auth (sign-in, sessions, grants), internal/directory (brands
// and stores), internal/onboard (the reconciler), internal/upstream (the typed client), internal/store (Postgres).
// They meet through the nouns of this package and through small interfaces that stand where they are used;
// cmd/server/run.go is the one file that knows every room.
package storelink

import (
	"regexp"
	"strings"
)

// MaxLocalStoreID is the greatest length of a local store id in characters (upstream's limit).
const MaxLocalStoreID = 255

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ParseUUID returns the canonical lower-case form of a hyphenated UUID (RFC 9562 section 4) and whether s is one.
func ParseUUID(s string) (string, bool) {
	s = strings.ToLower(s)
	return s, uuidPattern.MatchString(s)
}

// CheckLocalStoreID returns what is wrong with a local store id, in words, or "" where nothing is: it must be 1 to 255
// characters of printable ASCII without a space at either end.
func CheckLocalStoreID(id string) string {
	switch {
	case id == "":
		return "must not be empty"
	case len(id) > MaxLocalStoreID:
		return "must be at most 255 characters"
	case strings.TrimSpace(id) != id:
		return "must not begin or end with a space"
	}
	for _, r := range id {
		if r < ' ' || r > '~' {
			return "must be printable ASCII"
		}
	}
	return ""
}
