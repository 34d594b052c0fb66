package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The development stack has well-known secrets: it never listens where another machine can reach it.
func TestTheDevelopmentStackListensOnLoopbackOnly(t *testing.T) {
	s := &stack{o: stackOptions{say: t.Logf}}
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "localhost.example.com:0"} {
		_, err := s.listen(t.Context(), address)
		require.ErrorContains(t, err, "loopback", address)
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		listener, err := s.listen(t.Context(), address)
		require.NoError(t, err, address)
		require.NoError(t, listener.Close())
	}
}
