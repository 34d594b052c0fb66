package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"storelink"
)

// cursors writes and reads the opaque cursors of lists. A cursor holds the sort key of a page's last row, and a seal
// over it and over the list that it was made for: one that is broken, made up, or of another list, filter or
// organization is refused before anybody acts on its keys.
type cursors struct {
	key [32]byte
}

type cursor struct {
	Seal []byte   `json:"f"`
	Keys []string `json:"k"`
}

// write returns the cursor behind a row with these sort keys, or null where there are none. The scope names the list:
// its operation, its organization and its filter.
func (cs cursors) write(keys []string, scope ...string) *string {
	if keys == nil {
		return nil
	}
	text, err := json.Marshal(cursor{Seal: cs.seal(keys, scope), Keys: keys})
	if err != nil {
		return nil
	}
	s := base64.RawURLEncoding.EncodeToString(text)
	return &s
}

// read returns the sort keys of a cursor, nil for none, or ErrInvalid pointing at the parameter.
func (cs cursors) read(given *string, scope ...string) ([]string, error) {
	if given == nil {
		return nil, nil
	}
	wrong := invalid(storelink.FieldError{Pointer: "cursor", Detail: "is broken or belongs to another list or filter"})
	text, err := base64.RawURLEncoding.Strict().DecodeString(*given)
	if err != nil {
		return nil, wrong
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil || c.Keys == nil {
		return nil, wrong
	}
	if !hmac.Equal(c.Seal, cs.seal(c.Keys, scope)) {
		return nil, wrong
	}
	return c.Keys, nil
}

func (cs cursors) seal(keys, scope []string) []byte {
	mac := hmac.New(sha256.New, cs.key[:])
	for _, list := range [][]string{keys, scope} {
		for _, s := range append([]string{""}, list...) {
			_, _ = fmt.Fprintf(mac, "%d:%s", len(s), s)
		}
		_, _ = fmt.Fprintf(mac, "%d;", len(list))
	}
	return mac.Sum(nil)[:16]
}

const defaultLimit = 50

// page asks for what limit and cursor say.
func (cs cursors) page(limit *int, given *string, scope ...string) (storelink.Page, error) {
	after, err := cs.read(given, scope...)
	if err != nil {
		return storelink.Page{}, err
	}
	p := storelink.Page{Limit: defaultLimit, After: after}
	if limit != nil {
		p.Limit = *limit
	}
	return p, nil
}
