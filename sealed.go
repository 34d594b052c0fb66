package storelink

import "encoding/binary"

// SealedField names a value that is kept sealed. It is part of what the value is bound to, so the names never change.
type SealedField string

// The sealed fields: of grants, and of sign-ins under way.
const (
	SealedAccessToken  SealedField = "access_token"
	SealedRefreshToken SealedField = "refresh_token"
	SealedCodeVerifier SealedField = "code_verifier"
	SealedCode         SealedField = "code"
)

// SealedFields are all of them.
var SealedFields = []SealedField{SealedAccessToken, SealedRefreshToken, SealedCodeVerifier, SealedCode}

// SealedValue is a sealed value with the place that it is bound to.
type SealedValue struct {
	Field          SealedField
	RowID          string
	OrganizationID string // empty for sign-ins, which have none yet
	Sealed         []byte
}

// SealedCount is how many values of a field are sealed with a key.
type SealedCount struct {
	Field SealedField
	Key   uint32 // as in the keyset; 0: the value does not say
	Count int64
}

// KeyOfSealed returns the id of the key that sealed a value, by Tink's prefix of it: a byte 1 and four of the id, the
// highest first. It returns 0 where there is no such prefix.
func KeyOfSealed(sealed []byte) uint32 {
	if len(sealed) < 5 || sealed[0] != 1 {
		return 0
	}
	return binary.BigEndian.Uint32(sealed[1:5])
}

// SealedPrefix is the prefix of what the key sealed.
func SealedPrefix(key uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{1}, key)
}
