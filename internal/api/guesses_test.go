package api

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
)

// Wrong tokens of one address do not count against another, for longer than a minute, or without bound.
func TestGuessesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &guesses{}
		for range guessesPerMinute {
			require.NoError(t, g.allow("192.0.2.1"))
			g.missed("192.0.2.1")
		}
		err := g.allow("192.0.2.1")
		require.Equal(t, storelink.ErrTooManyRequests, storelink.CodeOf(err))
		require.NoError(t, g.allow("192.0.2.2"))
		<-time.After(time.Minute)
		require.NoError(t, g.allow("192.0.2.1"))
		for i := range 2 * guessers {
			address := strconv.Itoa(i)
			if g.allow(address) == nil {
				g.missed(address)
			}
		}
		require.LessOrEqual(t, len(g.wrong), guessers+1)
		require.Error(t, g.allow("one more"))
	})
}
