package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
)

const secretBytes = 32

// newSecret returns 32 random bytes in base64url: the form of every cookie and state.
func newSecret() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashSecret returns what is stored in a secret's place. A fast hash will do for 256 random bits.
func hashSecret(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return slices.Clone(h[:])
}

// isSecret reports whether s has the form of a secret, so that nothing else is looked up.
func isSecret(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == secretBytes
}
