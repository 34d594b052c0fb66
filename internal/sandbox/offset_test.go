package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseOffset(f *testing.F) {
	f.Add("brands/a", newOffset("brands/a", 3))
	f.Add("brands/a", newOffset("brands/b", 500))
	f.Add("", "")
	f.Add("stores/x", "+/8BAAAA=")
	f.Fuzz(func(t *testing.T, list, token string) {
		if n, ok := parseOffset(list, token); ok {
			require.Equal(t, newOffset(list, n), token, "only what was made is accepted")
		}
	})
}

func FuzzOffsetRoundTrip(f *testing.F) {
	f.Add("brands/a", uint32(0))
	f.Add("stores/b", ^uint32(0))
	f.Fuzz(func(t *testing.T, list string, n uint32) {
		token := newOffset(list, n)
		for _, c := range "+/=" {
			require.Contains(t, token, string(c), "clients must escape it")
		}
		got, ok := parseOffset(list, token)
		require.True(t, ok)
		require.Equal(t, n, got)
		_, ok = parseOffset(list+"x", token)
		require.False(t, ok)
	})
}
