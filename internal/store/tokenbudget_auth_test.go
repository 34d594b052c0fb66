package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokenBudget(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	ago := func(seconds ...int) (times []time.Time) {
		for _, s := range seconds {
			times = append(times, now.Add(-time.Duration(s)*time.Second))
		}
		return times
	}
	for _, c := range []struct {
		name            string
		sent, signins   []time.Time
		ahead           int
		signin, refresh int // seconds
	}{
		{"nothing was sent", nil, nil, 0, 0, 0},
		{"two sign-ins", ago(40, 10), ago(40, 10), 0, 21, 0},
		{"two sign-ins, others wait", ago(40, 10), ago(40, 10), 3, 33, 0},
		{"two refreshes", ago(40, 10), nil, 0, 0, 0},
		{"two refreshes, a sign-in waits", ago(40, 10), nil, 1, 0, 1},
		{"three refreshes", ago(50, 40, 10), nil, 0, 11, 11},
		{"a sign-in and two refreshes", ago(50, 40, 10), ago(50), 0, 11, 11},
		{"a sign-in, two more wait", ago(30), ago(30), 2, 0, 0},
		{"free for three seconds", ago(64, 40, 10), ago(40), 1, 1, 1},
		{"the window is over", ago(90, 61, 10), ago(90, 61), 0, 0, 0},
	} {
		b := tokenBudget{now: now, sent: c.sent, signins: c.signins}
		require.Equal(t, time.Duration(c.signin)*time.Second, b.signinWait(3, c.ahead), c.name)
		require.Equal(t, time.Duration(c.refresh)*time.Second, b.refreshWait(3, c.ahead), c.name)
	}
}

func TestNoMinuteSeesMoreTokenCallsThanAllowed(t *testing.T) {
	b := tokenBudget{now: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)}
	var all []time.Time
	signins := 0
	for step := range 2000 {
		b.now = b.now.Add(time.Second)
		if step%3 != 0 && b.signinWait(3, 0) == 0 {
			b.signins = last(append(b.signins, b.now), 3)
			b.sent, all = last(append(b.sent, b.now), 3), append(all, b.now)
			signins++
		} else if b.refreshWait(3, 5) == 0 {
			b.sent, all = last(append(b.sent, b.now), 3), append(all, b.now)
		}
	}
	for i := 3; i < len(all); i++ {
		require.Greater(t, all[i].Sub(all[i-3]), time.Minute)
	}
	require.Greater(t, len(all), 90)
	require.Greater(t, signins, 60)
	require.Less(t, signins, len(all)*7/10)
}
