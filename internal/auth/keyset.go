package auth

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Key is a key of a keyset, without what is secret about it.
type Key struct {
	ID      uint32
	Primary bool // it seals; the others open only
}

// NewKeyset returns a new keyset with one AES-256-GCM key as base64 of Tink's JSON: the value of STORELINK_KEYSET.
func NewKeyset() (string, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return writeKeyset(handle)
}

// Keys returns the keyset's keys, in its order. Its errors, like those of all that read a keyset, never show a part of it.
func Keys(encoded string) ([]Key, error) {
	handle, err := readKeyset(encoded)
	if err != nil {
		return nil, err
	}
	return keysOf(handle), nil
}

// AddKey returns the keyset with one more key, which opens but does not seal yet, and that key's id.
func AddKey(encoded string) (changed string, id uint32, err error) {
	changed, err = change(encoded, func(m *keyset.Manager, _ []Key) error {
		id, err = m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
	return changed, id, err
}

// PromoteKey returns the keyset with the key as the one that seals.
func PromoteKey(encoded string, id uint32) (string, error) {
	return change(encoded, func(m *keyset.Manager, keys []Key) error {
		if _, err := find(keys, id); err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// DropKey returns the keyset without the key. It refuses to drop the one that seals. Whether anything is still sealed
// with the key is for the caller to know.
func DropKey(encoded string, id uint32) (string, error) {
	return change(encoded, func(m *keyset.Manager, keys []Key) error {
		key, err := find(keys, id)
		if err != nil {
			return err
		}
		if key.Primary {
			return fmt.Errorf("key %d seals at the moment: promote another one first", id)
		}
		return m.Delete(id)
	})
}

func find(keys []Key, id uint32) (Key, error) {
	at := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
	if at < 0 {
		return Key{}, fmt.Errorf("the keyset has no key %d, but %s", id, Name(keys))
	}
	return keys[at], nil
}

// Name lists the keys by their ids.
func Name(keys []Key) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		if names[i] = fmt.Sprint(k.ID); k.Primary {
			names[i] += " (seals)"
		}
	}
	return strings.Join(names, ", ")
}

func change(encoded string, f func(*keyset.Manager, []Key) error) (string, error) {
	handle, err := readKeyset(encoded)
	if err != nil {
		return "", err
	}
	manager := keyset.NewManagerFromHandle(handle)
	if err := f(manager, keysOf(handle)); err != nil {
		return "", err
	}
	if handle, err = manager.Handle(); err != nil {
		return "", fmt.Errorf("change keyset: %w", err)
	}
	return writeKeyset(handle)
}

func readKeyset(encoded string) (*keyset.Handle, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return nil, errors.New("the keyset is not base64")
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, errors.New("the keyset is not a Tink keyset in JSON")
	}
	return handle, nil
}

func writeKeyset(handle *keyset.Handle) (string, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return "", fmt.Errorf("write keyset: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func keysOf(handle *keyset.Handle) []Key {
	info := handle.KeysetInfo()
	var keys []Key
	for _, k := range info.GetKeyInfo() {
		keys = append(keys, Key{ID: k.GetKeyId(), Primary: k.GetKeyId() == info.GetPrimaryKeyId()})
	}
	return keys
}
