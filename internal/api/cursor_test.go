package api

import (
	"encoding/base64"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"storelink"
)

func TestCursorsBelongToTheirList(t *testing.T) {
	cs := cursors{key: [32]byte{1}}
	given := cs.write([]string{"Ünïcode", ""}, "list", "org", "")
	keys, err := cs.read(given, "list", "org", "")
	require.NoError(t, err)
	require.Equal(t, []string{"Ünïcode", ""}, keys)

	keys, err = cs.read(nil, "list")
	require.NoError(t, err)
	require.Nil(t, keys)
	require.Nil(t, cs.write(nil, "list"))

	for _, scope := range [][]string{{"list", "org"}, {"list", "org", "", ""}, {"list", "", "org"}, {"listorg", ""}, nil} {
		_, err := cs.read(given, scope...)
		require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err), "%v", scope)
	}
	_, err = cursors{key: [32]byte{2}}.read(given, "list", "org", "")
	require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err), "another deployment's cursor")
	for i := range *given {
		spoilt := []byte(*given)
		spoilt[i] ^= 1
		text := string(spoilt)
		_, err := cs.read(&text, "list", "org", "")
		require.Error(t, err, "byte %d", i)
	}
}

// What is read was written for this list; nothing that a client makes up gets through.
func FuzzCursor(f *testing.F) {
	cs := cursors{key: [32]byte{1}}
	f.Add(*cs.write([]string{"a", "b"}, "list", "org"), "a", "b")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"f":"","k":["a"]}`)), "", "\x00")
	f.Add("e30", "name", "id")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, text, first, second string) {
		if keys, err := cs.read(&text, "list", "org"); err == nil {
			again, err := cs.read(cs.write(keys, "list", "org"), "list", "org")
			require.NoError(t, err)
			require.Equal(t, keys, again)
		} else {
			require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(err))
		}
		if !utf8.ValidString(first) || !utf8.ValidString(second) {
			return // sort keys are Postgres text
		}
		written := cs.write([]string{first, second}, "list", "org")
		keys, err := cs.read(written, "list", "org")
		require.NoError(t, err)
		require.Equal(t, []string{first, second}, keys)
		_, err = cs.read(written, "list", "org", "")
		require.Error(t, err)
		_, err = cs.read(written, "list"+"org")
		require.Error(t, err)
	})
}
