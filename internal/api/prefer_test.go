package api

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPrefer(t *testing.T) {
	tests := []struct {
		header  string
		wait    time.Duration
		applied string
	}{
		{"", defaultWait, ""},
		{"wait=0", 0, "wait=0"},
		{"wait=7", 7 * time.Second, "wait=7"},
		{"WAIT = 7", 7 * time.Second, "wait=7"},
		{`wait="7"`, 7 * time.Second, "wait=7"},
		{`wait="\7"`, 7 * time.Second, "wait=7"},
		{"wait=30", maxWait, "wait=30"},
		{"wait=31", maxWait, "wait=30"},
		{"wait=9999", maxWait, "wait=30"},
		{"wait=" + strings.Repeat("9", 100), maxWait, "wait=30"},
		{"wait=7, wait=8", 7 * time.Second, "wait=7"},
		{"wait=7; x=1", 7 * time.Second, "wait=7"},
		{`x="wait=7, wait=8", wait=9`, 9 * time.Second, "wait=9"},
		{"respond-async", 0, "respond-async"},
		{"respond-async, wait=5", 5 * time.Second, "wait=5"},
		{"wait=-1", defaultWait, ""},
		{"wait=1.5", defaultWait, ""},
		{"wait=", defaultWait, ""},
		{"wait", defaultWait, ""},
		{"return=minimal", defaultWait, ""},
		{`"`, defaultWait, ""},
		{",;=,", defaultWait, ""},
	}
	for _, tt := range tests {
		t.Run(tt.header, func(t *testing.T) {
			require.Equal(t, preference{wait: tt.wait, applied: tt.applied}, parsePrefer(tt.header))
		})
	}
}

// Whatever a client sends, the wait is within its bound and what is said to be applied is harmless.
func FuzzPrefer(f *testing.F) {
	for _, seed := range []string{"", "wait=7", `wait="\7", respond-async`, `x="a,b;c\"", wait=9999`, `"\`, ",;="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		p := parsePrefer(header)
		require.GreaterOrEqual(t, p.wait, time.Duration(0))
		require.LessOrEqual(t, p.wait, maxWait)
		require.Regexp(t, `^(|respond-async|wait=([0-9]|[12][0-9]|30))$`, p.applied)
		if strings.HasPrefix(p.applied, "wait=") {
			require.Equal(t, p, parsePrefer(p.applied))
		}
	})
}
