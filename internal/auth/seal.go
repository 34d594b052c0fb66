package auth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"storelink"
)

// The fields that are sealed. A value sealed for one opens for no other.
const (
	fieldAccess   = string(storelink.SealedAccessToken)
	fieldRefresh  = string(storelink.SealedRefreshToken)
	fieldVerifier = string(storelink.SealedCodeVerifier)
	fieldCode     = string(storelink.SealedCode)
)

// Sealer encrypts tokens for the database, bound to the row and field that they are kept in.
type Sealer struct {
	aead tink.AEAD
	keys []Key
}

// NewSealer returns the Sealer of a keyset as NewKeyset makes it. Its errors never show a part of the keyset.
func NewSealer(encoded string) (*Sealer, error) {
	handle, err := readKeyset(encoded)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("the keyset holds no keys for authenticated encryption")
	}
	return &Sealer{aead: primitive, keys: keysOf(handle)}, nil
}

// Seal encrypts plain so that only Open with the same row (a grant's id, or a sign-in's), organization and field reads it.
func (s *Sealer) Seal(plain, rowID, organizationID, field string) ([]byte, error) {
	sealed, err := s.aead.Encrypt([]byte(plain), associated(rowID, organizationID, field))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", field, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made. It returns an error where row, organization or field differ, or no key fits.
func (s *Sealer) Open(sealed []byte, rowID, organizationID, field string) (string, error) {
	plain, err := s.aead.Decrypt(sealed, associated(rowID, organizationID, field))
	if err != nil {
		return "", fmt.Errorf("open sealed %s: %w", field, err)
	}
	return string(plain), nil
}

// associated joins by a byte that no id or field holds, so that no two triples look alike.
func associated(rowID, organizationID, field string) []byte {
	return []byte(strings.Join([]string{"storelink", rowID, organizationID, field}, "\x00"))
}
