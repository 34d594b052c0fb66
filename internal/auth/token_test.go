package auth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/auth"
)

// Security row 15: a manager and a read-only user of one organization.
func TestTheCallersOwnGrantDecidesScope(t *testing.T) {
	r := newRig(t)
	manager := r.session(r.signIn())
	r.up.set(func() { r.up.scope, r.up.lifetime = storelink.ScopeRead, 9_000_000 })
	reader := r.session(r.signIn())
	require.Equal(t, manager.Organization.ID, reader.Organization.ID)
	require.False(t, reader.Grant.Allows(storelink.ScopeConnect))
	require.True(t, manager.Grant.Allows(storelink.ScopeConnect))

	token, err := r.service.Token(t.Context(), reader)
	require.NoError(t, err)
	require.Equal(t, reader.Grant.ID, token.GrantID)
	require.Equal(t, []string{storelink.ScopeRead}, token.Scopes)

	best, err := r.service.BestToken(t.Context(), manager.Organization.ID, nil)
	require.NoError(t, err)
	require.Equal(t, manager.Grant.ID, best.GrantID)
}

// Security row 16: A's grant is dead, B's of the same organization is alive.
func TestADeadGrantIsNotHelpedByAnother(t *testing.T) {
	r := newRig(t)
	cookieA := r.signIn()
	a, b := r.session(cookieA), r.session(r.signIn())
	require.NoError(t, r.service.MarkGrant(t.Context(), a.Grant.ID, "upstream refused it"))
	_, err := r.service.Token(t.Context(), a)
	r.code(err, storelink.ErrReauthorizationRequired)
	a = r.session(cookieA)
	require.Equal(t, storelink.GrantReauthorizationRequired, a.Grant.State)
	require.Equal(t, "upstream refused it", a.Grant.Reason)

	token, err := r.service.Token(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, b.Grant.ID, token.GrantID)
}

func TestAnExpiredGrantSaysSo(t *testing.T) {
	r := newRig(t)
	r.up.lifetime = 180
	cookie := r.signIn()
	s := r.session(cookie)
	r.later(170 * time.Second)
	_, err := r.service.Token(t.Context(), s)
	require.NoError(t, err, "nothing to refresh it with, and still good")
	r.later(181 * time.Second)
	_, err = r.service.Token(t.Context(), s)
	r.code(err, storelink.ErrReauthorizationRequired)
	_, err = r.service.BestToken(t.Context(), s.Organization.ID, nil)
	r.code(err, storelink.ErrReauthorizationRequired)
	s = r.session(cookie)
	require.Equal(t, storelink.GrantReauthorizationRequired, s.Grant.State)
	require.NotEmpty(t, s.Grant.Reason)
}

func TestTheBestTokenExpiresLastAndFallsOver(t *testing.T) {
	r := newRig(t)
	_, err := r.service.BestToken(t.Context(), r.up.organization, nil)
	r.code(err, storelink.ErrReauthorizationRequired)

	r.up.scope = storelink.ScopeRead
	r.signIn()
	_, err = r.service.BestToken(t.Context(), r.up.organization, nil)
	r.code(err, storelink.ErrScopeMissing)

	r.up.scope = storelink.ScopeRead + " " + storelink.ScopeConnect
	var ids []string
	for _, lifetime := range []int{1000, 3000, 2000} {
		r.up.lifetime = lifetime
		ids = append(ids, r.session(r.signIn()).Grant.ID)
	}
	var except []string
	for _, want := range []string{ids[1], ids[2], ids[0]} {
		token, err := r.service.BestToken(t.Context(), r.up.organization, except)
		require.NoError(t, err)
		require.Equal(t, want, token.GrantID)
		except = append(except, want)
	}
	_, err = r.service.BestToken(t.Context(), r.up.organization, except)
	r.code(err, storelink.ErrReauthorizationRequired)

	r.exec(`UPDATE grants SET sealed_access = '\x00' WHERE id = $1`, ids[1])
	token, err := r.service.BestToken(t.Context(), r.up.organization, nil)
	require.NoError(t, err)
	require.Equal(t, ids[2], token.GrantID)
}

// Security row 31.
func TestSealedTokensOpenInTheirOwnRowOnly(t *testing.T) {
	r := newRig(t)
	r.up.refreshable, r.up.lifetime = true, 1000
	a := r.session(r.signIn())
	r.up.organization = "0198c6d2-0000-7000-8000-000000000001"
	b := r.session(r.signIn())
	for name, swap := range map[string]string{
		"grant":        `UPDATE grants g SET sealed_access = o.sealed_access FROM grants o WHERE o.id <> g.id`,
		"organization": `UPDATE grants SET organization_id = (SELECT id FROM organizations o WHERE o.id <> organization_id)`,
		"field":        `UPDATE grants SET sealed_access = sealed_refresh, sealed_refresh = sealed_access`,
	} {
		r.exec(`CREATE TABLE kept AS SELECT * FROM grants`)
		r.exec(swap)
		for _, s := range []storelink.Session{a, b} {
			_, err := r.service.Token(t.Context(), s)
			r.code(err, storelink.ErrInternal)
			require.ErrorContains(t, err, "open sealed access_token", name)
		}
		r.exec(`UPDATE grants g SET sealed_access = k.sealed_access, sealed_refresh = k.sealed_refresh,
			organization_id = k.organization_id FROM kept k WHERE k.id = g.id`)
		r.exec(`DROP TABLE kept`)
	}
	_, err := r.service.Token(t.Context(), a)
	require.NoError(t, err)
}

// refreshing is a rig with a session whose token is due to be refreshed, left from its end.
func refreshing(t *testing.T, left time.Duration, change ...func(*auth.Options)) (*rig, storelink.Session) {
	t.Helper()
	r := newRig(t, change...)
	r.up.refreshable, r.up.lifetime = true, 3600
	s := r.session(r.signIn())
	r.later(time.Hour - left)
	r.up.set(func() { r.up.calls = nil })
	return r, s
}

func TestATokenIsRefreshedShortlyBeforeItEnds(t *testing.T) {
	r, s := refreshing(t, 6*time.Minute)
	before, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.Empty(t, r.up.asked())
	require.True(t, before.Lasting)

	r.later(56 * time.Minute)
	after, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.NotEqual(t, before.Value, after.Value)
	require.True(t, after.ExpiresAt.After(before.ExpiresAt))
	form := r.up.asked()[0]
	require.Equal(t, "refresh_token", form.Get("grant_type"))
	require.Equal(t, "organization.read organization.service_integration", form.Get("scope"))
	require.Empty(t, form["code"])

	r.later(116 * time.Minute)
	_, err = r.service.Token(t.Context(), s)
	require.NoError(t, err, "the refresh token was replaced, too")
	require.Len(t, r.up.asked(), 2)
}

func TestARefreshTokenThatIsNotReplacedIsKept(t *testing.T) {
	r, s := refreshing(t, time.Minute)
	r.up.set(func() { r.up.handle = say(200, `{"access_token":"new","token_type":"bearer","expires_in":3600}`) })
	token, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, "new", token.Value)
	require.True(t, token.Lasting)
	require.Equal(t, s.Grant.Scopes, token.Scopes)
	r.later(2 * time.Hour)
	_, err = r.service.Token(t.Context(), s)
	require.NoError(t, err)
	calls := r.up.asked()
	require.Equal(t, calls[0].Get("refresh_token"), calls[1].Get("refresh_token"))
}

func TestOfAllReplicasOneRefreshes(t *testing.T) {
	for name, left := range map[string]time.Duration{"before its end": time.Minute, "after its end": -time.Minute} {
		t.Run(name, func(t *testing.T) {
			r, s := refreshing(t, left)
			services := []*auth.Service{r.service, r.replica()}
			values := make([]string, 12)
			errs := make([]error, len(values))
			var group sync.WaitGroup
			for i := range values {
				group.Go(func() {
					token, err := services[i%2].Token(t.Context(), s)
					values[i], errs[i] = token.Value, err
				})
			}
			group.Wait()
			for i := range values {
				require.NoError(t, errs[i])
				require.Equal(t, values[0], values[i])
			}
			require.Len(t, r.up.asked(), 1)
		})
	}
}

func TestHowARefreshMayFail(t *testing.T) {
	hang := func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		ends   bool
		code   storelink.ErrorCode
	}{
		"400 of another shape": {say(400, `{"message":"canary"}`), true, storelink.ErrReauthorizationRequired},
		"400 invalid_grant":    {say(400, `{"error":"invalid_grant"}`), true, storelink.ErrReauthorizationRequired},
		"401 HTML":             {say(401, `<html>canary`), true, storelink.ErrReauthorizationRequired},
		"403":                  {say(403, `{"message":"canary"}`), false, storelink.ErrUpstreamUnavailable},
		"429":                  {say(429, ``), false, storelink.ErrUpstreamUnavailable},
		"500":                  {say(500, `canary`), false, storelink.ErrUpstreamUnavailable},
		"503 HTML":             {say(503, `<html>canary`), false, storelink.ErrUpstreamUnavailable},
		"200 unreadable":       {say(200, `<html>canary`), false, storelink.ErrUpstreamUnavailable},
		"no answer":            {hang, false, storelink.ErrUpstreamTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			r, s := refreshing(t, time.Minute, func(o *auth.Options) { o.TokenTimeout = 300 * time.Millisecond })
			r.up.set(func() { r.up.handle = c.handle })
			for range 2 {
				token, err := r.service.Token(t.Context(), s)
				if c.ends {
					r.code(err, storelink.ErrReauthorizationRequired)
				} else {
					require.NoError(t, err, "still good")
					require.NotEmpty(t, token.Value)
				}
			}
			require.Len(t, r.up.asked(), 1)
			require.Equal(t, c.ends, r.count(`SELECT count(*) FROM grants WHERE state = 'active'`) == 0)

			r.later(61 * time.Minute)
			_, err := r.service.Token(t.Context(), s)
			r.code(err, c.code)
			r.up.set(func() { r.up.handle = nil })
			_, err = r.service.Token(t.Context(), s)
			require.Equal(t, c.ends, err != nil)
		})
	}
}

// Security row 13.
func TestARefreshRevivesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		end  string
		code storelink.ErrorCode
	}{
		"grant forgotten": {`DELETE FROM grants`, storelink.ErrReauthorizationRequired},
		"grant marked":    {`UPDATE grants SET state = 'reauthorization_required', reason = 'by an operator'`, storelink.ErrReauthorizationRequired},
		"session ended":   {`UPDATE sessions SET ended_at = storelink_now()`, storelink.ErrNotSignedIn},
	} {
		t.Run(name, func(t *testing.T) {
			r, s := refreshing(t, -time.Minute)
			arrived, goOn := make(chan struct{}), make(chan struct{})
			r.up.set(func() {
				r.up.handle = func(w http.ResponseWriter, req *http.Request) {
					close(arrived)
					<-goOn
					r.up.answer(w, req)
				}
			})
			done := make(chan error)
			go func() {
				_, err := r.service.Token(t.Context(), s)
				done <- err
			}()
			<-arrived
			r.exec(c.end)
			close(goOn)
			r.code(<-done, c.code)
			require.Zero(t, r.count(`SELECT count(*) FROM sessions s JOIN grants g ON g.id = s.grant_id
				WHERE s.ended_at IS NULL AND g.state = 'active'`))
		})
	}
}

func TestARefreshIsStoredThoughItsCallerWentAway(t *testing.T) {
	r, s := refreshing(t, -time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	r.up.set(func() {
		r.up.handle = func(w http.ResponseWriter, req *http.Request) {
			cancel()
			r.up.answer(w, req)
		}
	})
	_, _ = r.service.Token(ctx, s)
	_, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, r.up.asked(), 1)
}

func TestWithoutASlotTheOldTokenServesWhileItIsGood(t *testing.T) {
	r, s := refreshing(t, time.Minute, strict)
	r.exec(`UPDATE token_budgets SET sent = ARRAY[storelink_now(), storelink_now(), storelink_now()]`)
	_, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)

	r.later(61 * time.Minute)
	r.exec(`UPDATE token_budgets SET sent = ARRAY[storelink_now(), storelink_now(), storelink_now()]`)
	_, err = r.service.Token(t.Context(), s)
	r.code(err, storelink.ErrUpstreamUnavailable)
	var e *storelink.Error
	require.ErrorAs(t, err, &e)
	require.Greater(t, e.RetryAfter, 50*time.Second)
	require.Empty(t, r.up.asked())
}

func TestAClaimOfADeadReplicaRunsOut(t *testing.T) {
	r, s := refreshing(t, -time.Minute)
	r.exec(`UPDATE grants SET refreshing_until = storelink_now() + interval '300 milliseconds'`)
	_, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, r.up.asked(), 1)
}

func TestARefusedTokenIsNotBlamedOnItsSuccessor(t *testing.T) {
	r, s := refreshing(t, time.Minute)
	_, err := r.service.Token(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, r.service.MarkGrant(t.Context(), s.Grant.ID, "refused"))
	_, err = r.service.Token(t.Context(), s)
	require.NoError(t, err)
	r.later(60 * time.Minute)
	require.NoError(t, r.service.MarkGrant(t.Context(), s.Grant.ID, "refused"))
	_, err = r.service.Token(t.Context(), s)
	r.code(err, storelink.ErrReauthorizationRequired)
}
