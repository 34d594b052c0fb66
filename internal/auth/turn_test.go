package auth_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/auth"
)

var beginHere = auth.BeginRequest{ReturnTo: "/here"}

// parked finishes a sign-in from an address that is expected to have to wait.
func (r *rig) parked(address string) click {
	r.t.Helper()
	c := r.begin(beginHere)
	callback := c.callback()
	callback.ClientAddress = address
	out, err := r.service.Finish(r.t.Context(), callback)
	require.NoError(r.t, err)
	require.True(r.t, out.Waiting)
	require.LessOrEqual(r.t, out.WaitFor, 3*time.Second)
	return c
}

// Security row 5: the API answers 303 to whatever comes out of here.
func TestASignInWaitsForTheTokenEndpoint(t *testing.T) {
	r := newRig(t, strict)
	r.signIn()
	r.signIn()
	c := r.parked("192.0.2.1")
	require.Equal(t, 1, r.count(`SELECT count(*) FROM signins WHERE sealed_code IS NOT NULL`))

	for range 3 {
		out, err := r.service.Continue(t.Context(), c.secret)
		require.NoError(t, err)
		require.True(t, out.Waiting)
	}
	require.Len(t, r.up.asked(), 2, "the third call of the minute is kept for refreshes")
	_, err := r.service.Finish(t.Context(), c.callback())
	require.False(t, r.refused(err, auth.SlugExpired).ClearSignin, "a repeated callback does not end the wait")

	r.exec(`UPDATE token_budgets SET sent = ARRAY(SELECT t - interval '61 seconds' FROM unnest(sent) t)`)
	out, err := r.service.Continue(t.Context(), c.secret)
	require.NoError(t, err)
	require.Equal(t, "/here", out.ReturnTo)
	r.session(out.SessionCookie)
	require.Len(t, r.up.asked(), 3)

	_, err = r.service.Continue(t.Context(), c.secret)
	r.refused(err, auth.SlugExpired)
	require.Len(t, r.up.asked(), 3)
}

func TestAWaitThatIsTooLongGoesBackToConsent(t *testing.T) {
	r := newRig(t, strict)
	r.signIn()
	r.signIn()
	c := r.parked("192.0.2.1")
	r.later(51 * time.Second)
	_, err := r.service.Continue(t.Context(), c.secret)
	e := r.refused(err, auth.SlugExpired)
	require.Equal(t, "/here", e.ReturnTo)
	require.True(t, e.ClearSignin)
	require.Zero(t, r.count(`SELECT count(*) FROM signins WHERE sealed_code IS NOT NULL`))
	require.Len(t, r.up.asked(), 2)
}

func TestAddressesTakeTurns(t *testing.T) {
	r := newRig(t, strict)
	r.signIn()
	r.signIn()
	first, second := r.parked("198.51.100.1"), r.parked("198.51.100.1")
	other := r.parked("198.51.100.2")
	// The sign-ins before were from 192.0.2.1, two of them: that address comes last.
	last := r.parked("192.0.2.1")
	free := func() {
		r.exec(`UPDATE token_budgets SET sent = ARRAY(SELECT storelink_now() - interval '61 seconds' FROM unnest(sent))`)
	}
	waits := func(c click) {
		t.Helper()
		out, err := r.service.Continue(t.Context(), c.secret)
		require.NoError(t, err)
		require.True(t, out.Waiting)
	}
	free()
	for _, c := range []click{last, other, second} {
		waits(c)
	}
	for _, c := range []click{first, other, second, last} {
		free()
		out, err := r.service.Continue(t.Context(), c.secret)
		require.NoError(t, err)
		require.False(t, out.Waiting)
	}
}

func TestABrowserThatWentAwayHoldsNobodyUp(t *testing.T) {
	r := newRig(t, strict)
	r.signIn()
	r.signIn()
	r.parked("198.51.100.1")
	c := r.parked("198.51.100.2")
	r.exec(`UPDATE token_budgets SET sent = ARRAY(SELECT storelink_now() - interval '66 seconds' FROM unnest(sent))`)
	out, err := r.service.Continue(t.Context(), c.secret)
	require.NoError(t, err)
	require.NotEmpty(t, out.SessionCookie)
}

func TestTheQueueIsBoundedForEachAddress(t *testing.T) {
	r := newRig(t, strict)
	r.signIn()
	r.signIn()
	for range 5 {
		r.parked("198.51.100.1")
	}
	c := r.begin(beginHere)
	callback := c.callback()
	callback.ClientAddress = "198.51.100.1"
	_, err := r.service.Finish(t.Context(), callback)
	require.Equal(t, "/here", r.refused(err, auth.SlugFailed).ReturnTo)
	r.parked("198.51.100.2")
}

func TestContinueWithoutASignIn(t *testing.T) {
	r := newRig(t)
	c := r.begin(beginHere)
	for _, secret := range []string{"", "junk", c.state, c.secret} {
		_, err := r.service.Continue(t.Context(), secret)
		r.refused(err, auth.SlugInvalid)
	}
	_, err := r.service.Finish(t.Context(), auth.Callback{Query: url.Values{"state": {c.state}}, BrowserSecret: c.secret})
	r.refused(err, auth.SlugInvalid)
	_, err = r.service.Continue(t.Context(), c.secret)
	r.refused(err, auth.SlugExpired)
}
