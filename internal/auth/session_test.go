package auth_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
)

// Security row 12.
func TestIdleAndAbsoluteLimitsEndSessions(t *testing.T) {
	r := newRig(t)
	cookie := r.signIn()
	id := r.session(cookie).ID
	for hour := 11 * time.Hour; hour < 168*time.Hour; hour += 11 * time.Hour {
		r.later(hour)
		r.session(cookie)
		require.NoError(t, r.service.SessionAlive(t.Context(), id))
	}
	r.later(168*time.Hour + time.Second)
	_, err := r.service.Session(t.Context(), cookie)
	r.code(err, storelink.ErrNotSignedIn)
	r.code(r.service.SessionAlive(t.Context(), id), storelink.ErrNotSignedIn)

	r.later(0)
	cookie = r.signIn()
	id = r.session(cookie).ID
	r.later(11*time.Hour + 59*time.Minute)
	require.NoError(t, r.service.SessionAlive(t.Context(), id), "asking is no use")
	r.later(12*time.Hour + time.Second)
	r.code(r.service.SessionAlive(t.Context(), id), storelink.ErrNotSignedIn)
	_, err = r.service.Session(t.Context(), cookie)
	r.code(err, storelink.ErrNotSignedIn)
	require.NoError(t, r.service.Sweep(t.Context()))
	require.Zero(t, r.count(`SELECT count(*) FROM sessions WHERE id = $1`, id))
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	r := newRig(t)
	cookie := r.signIn()
	const seen = `SELECT extract(epoch FROM seen_at - created_at)::int FROM sessions`
	r.later(50 * time.Second)
	r.session(cookie)
	require.Zero(t, r.count(seen))
	r.later(70 * time.Second)
	r.session(cookie)
	require.InDelta(t, 70, r.count(seen), 5)
}

func TestLogoutEndsTheSessionOnTheServer(t *testing.T) {
	r := newRig(t)
	cookie := r.signIn()
	id := r.session(cookie).ID
	require.NoError(t, r.service.Logout(t.Context(), cookie))
	_, err := r.service.Session(t.Context(), cookie)
	r.code(err, storelink.ErrNotSignedIn)
	r.code(r.service.SessionAlive(t.Context(), id), storelink.ErrNotSignedIn)
	require.NoError(t, r.service.Logout(t.Context(), cookie))
	require.NoError(t, r.service.Logout(t.Context(), "junk"))
	require.Equal(t, 1, r.count(`SELECT count(*) FROM grants WHERE state = 'active'`), "accepted work goes on")
}

func TestJunkCookies(t *testing.T) {
	r := newRig(t)
	for _, cookie := range []string{"", "x", "'; --", "\x00"} {
		_, err := r.service.Session(t.Context(), cookie)
		r.code(err, storelink.ErrNotSignedIn)
	}
}

func TestNoSecretIsInTheDatabase(t *testing.T) {
	r := newRig(t, strict)
	r.up.refreshable = true
	cookie := r.signIn()
	r.signIn()
	c := r.begin(beginHere)
	out, err := r.service.Finish(t.Context(), c.callback())
	require.NoError(t, err)
	require.True(t, out.Waiting)
	dump := ""
	for _, table := range []string{"signins", "sessions", "grants", "token_budgets"} {
		var rows string
		require.NoError(t, r.conn.QueryRow(t.Context(),
			`SELECT COALESCE(string_agg(x::text, ' '), '') FROM `+table+` x`).Scan(&rows))
		dump += rows
	}
	for _, secret := range []string{"canary", cookie, c.state, c.secret, clientSecret} {
		require.NotContains(t, dump, secret)
		require.NotContains(t, dump, hex.EncodeToString([]byte(secret)), "as bytes")
	}
}
