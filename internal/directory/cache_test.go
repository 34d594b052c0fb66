package directory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/directory"
)

// scripted is an upstream that answers with a function. What it lacks is not to be called.
type scripted struct {
	directory.Upstream
	organization func(ctx context.Context) (storelink.Organization, error)
	brand        func(ctx context.Context) (storelink.Brand, error)
}

func (u scripted) Organization(ctx context.Context, _ storelink.AccessToken) (storelink.Organization, error) {
	return u.organization(ctx)
}

func (u scripted) Brand(ctx context.Context, _ storelink.AccessToken, _ string) (storelink.Brand, error) {
	return u.brand(ctx)
}

var here = storelink.Organization{ID: "org", Name: "Here"}

// inBubble runs f with a directory over the upstream, in a bubble of time.
func inBubble(t *testing.T, up scripted, ttl time.Duration, f func(t *testing.T, s *directory.Service, session storelink.Session, tokens *tokens)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tokens := &tokens{values: map[string]storelink.AccessToken{}, dead: map[string]string{}}
		s := directory.New(directory.Options{Upstream: up, Tokens: tokens, CacheTTL: ttl, Logger: slog.New(slog.DiscardHandler)})
		defer s.Close()
		f(t, s, tokens.grant(here, "x", []string{storelink.ScopeRead}), tokens)
	})
}

func TestOneLoadServesAllWhoAskMeanwhile(t *testing.T) {
	for _, ttl := range []time.Duration{0, time.Minute} {
		var calls atomic.Int64
		up := scripted{organization: func(context.Context) (storelink.Organization, error) {
			calls.Add(1)
			<-time.After(time.Second)
			return here, nil
		}}
		inBubble(t, up, ttl, func(t *testing.T, s *directory.Service, session storelink.Session, tokens *tokens) {
			errs := make(chan error)
			for range 20 {
				go func() { errs <- second(s.Organization(t.Context(), session)) }()
			}
			for range 20 {
				require.NoError(t, <-errs)
			}
			require.EqualValues(t, 1, calls.Load())
			require.NoError(t, second(s.Organization(t.Context(), tokens.grant(here, "y", nil))))
			require.EqualValues(t, 2, calls.Load(), "another grant sees nothing of it")
		})
	}
}

func TestAnAnswerIsAsOldAsItsQuestion(t *testing.T) {
	var calls atomic.Int64
	up := scripted{organization: func(context.Context) (storelink.Organization, error) {
		calls.Add(1)
		<-time.After(10 * time.Second)
		return here, nil
	}}
	inBubble(t, up, 30*time.Second, func(t *testing.T, s *directory.Service, session storelink.Session, _ *tokens) {
		ask := func() { require.NoError(t, second(s.Organization(t.Context(), session))) }
		ask()
		<-time.After(19 * time.Second)
		ask()
		require.EqualValues(t, 1, calls.Load())
		<-time.After(2 * time.Second)
		ask()
		require.EqualValues(t, 2, calls.Load())
	})
}

func TestALoadOutlivesItsFirstCaller(t *testing.T) {
	var calls atomic.Int64
	up := scripted{organization: func(ctx context.Context) (storelink.Organization, error) {
		calls.Add(1)
		select {
		case <-time.After(time.Second):
			return here, nil
		case <-ctx.Done():
			return storelink.Organization{}, ctx.Err()
		}
	}}
	inBubble(t, up, 0, func(t *testing.T, s *directory.Service, session storelink.Session, _ *tokens) {
		leaving, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error), make(chan error)
		go func() { left <- second(s.Organization(leaving, session)) }()
		synctest.Wait()
		go func() { stayed <- second(s.Organization(t.Context(), session)) }()
		synctest.Wait()
		leave()
		require.ErrorIs(t, <-left, context.Canceled)
		require.NoError(t, <-stayed)
		require.EqualValues(t, 1, calls.Load())

		<-time.After(time.Nanosecond) // the clock of a bubble stands still otherwise
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := second(s.Organization(hurried, session))
		require.Equal(t, storelink.ErrUpstreamTimeout, storelink.CodeOf(err), "%v", err)
	})
}

func TestALoadHasADeadline(t *testing.T) {
	up := scripted{organization: func(ctx context.Context) (storelink.Organization, error) {
		<-ctx.Done()
		return storelink.Organization{}, ctx.Err()
	}}
	inBubble(t, up, 0, func(t *testing.T, s *directory.Service, session storelink.Session, _ *tokens) {
		require.Equal(t, storelink.ErrUpstreamTimeout, storelink.CodeOf(second(s.Organization(t.Context(), session))))
	})
}

func TestErrorsAreNotKept(t *testing.T) {
	var calls atomic.Int64
	up := scripted{organization: func(context.Context) (storelink.Organization, error) {
		if calls.Add(1) == 1 {
			return storelink.Organization{}, &storelink.UpstreamError{Status: 500}
		}
		return here, nil
	}}
	inBubble(t, up, time.Minute, func(t *testing.T, s *directory.Service, session storelink.Session, _ *tokens) {
		require.Error(t, second(s.Organization(t.Context(), session)))
		require.NoError(t, second(s.Organization(t.Context(), session)))
	})
}

func TestAnOrganizationHasTenCallsOutstanding(t *testing.T) {
	var outstanding, most atomic.Int64
	up := scripted{brand: func(context.Context) (storelink.Brand, error) {
		now := outstanding.Add(1)
		defer outstanding.Add(-1)
		most.Store(max(most.Load(), now))
		<-time.After(time.Second)
		return storelink.Brand{}, nil
	}}
	inBubble(t, up, 0, func(t *testing.T, s *directory.Service, session storelink.Session, tokens *tokens) {
		errs := make(chan error)
		for i := range 25 {
			go func() { errs <- second(s.Brand(t.Context(), session, fmt.Sprint(i))) }()
		}
		synctest.Wait()
		require.EqualValues(t, 10, outstanding.Load())
		elsewhere := tokens.grant(storelink.Organization{ID: "elsewhere"}, "y", nil)
		go func() { errs <- second(s.Brand(t.Context(), elsewhere, "b")) }()
		synctest.Wait()
		require.EqualValues(t, 11, outstanding.Load(), "another organization has its own share")
		for range 26 {
			require.NoError(t, <-errs)
		}
		require.EqualValues(t, 11, most.Load())
	})
}

func TestFailuresAreExplained(t *testing.T) {
	read := []string{storelink.ScopeRead}
	page := errors.New("a page")
	for _, tc := range []struct {
		name   string
		scopes []string
		err    error
		want   storelink.ErrorCode
		marked bool
	}{
		{"401", read, &storelink.UpstreamError{Status: 401}, storelink.ErrReauthorizationRequired, true},
		{"403 with the scope", read, &storelink.UpstreamError{Status: 403}, storelink.ErrForbidden, false},
		{"403 without", nil, &storelink.UpstreamError{Status: 403}, storelink.ErrScopeMissing, false},
		{"404", read, &storelink.UpstreamError{Status: 404}, storelink.ErrNotFound, false},
		{"404 of a gateway", read, &storelink.UpstreamError{Status: 404, Err: page}, storelink.ErrUpstreamUnavailable, false},
		{"429", read, &storelink.UpstreamError{Status: 429, RetryAfter: time.Minute}, storelink.ErrUpstreamUnavailable, false},
		{"500", read, &storelink.UpstreamError{Status: 500}, storelink.ErrUpstreamUnavailable, false},
		{"malformed", read, &storelink.UpstreamError{Status: 200, Err: page}, storelink.ErrUpstreamUnavailable, false},
		{"time-out", read, &storelink.UpstreamError{Err: context.DeadlineExceeded}, storelink.ErrUpstreamTimeout, false},
		{"time-out of the network", read, &storelink.UpstreamError{Err: &net.OpError{Err: os.ErrDeadlineExceeded}}, storelink.ErrUpstreamTimeout, false},
		{"refused dial", read, &storelink.UpstreamError{Err: errors.New("refused")}, storelink.ErrUpstreamUnavailable, false},
		{"no database for the budget", read, fmt.Errorf("wait: %w", storelink.Errorf(storelink.ErrDatabaseUnavailable, "down")), storelink.ErrDatabaseUnavailable, false},
		{"a bad id", read, storelink.Errorf(storelink.ErrInvalid, "bad"), storelink.ErrInvalid, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			up := scripted{brand: func(context.Context) (storelink.Brand, error) { return storelink.Brand{}, tc.err }}
			inBubble(t, up, 0, func(t *testing.T, s *directory.Service, _ storelink.Session, tokens *tokens) {
				session := tokens.grant(here, "y", tc.scopes)
				_, err := s.Brand(t.Context(), session, "b")
				require.Equal(t, tc.want, storelink.CodeOf(err))
				require.Equal(t, tc.marked, tokens.marked(session) != "")
				var shown *storelink.Error
				if tc.name == "429" && errors.As(err, &shown) {
					require.Equal(t, time.Minute, shown.RetryAfter)
				}
			})
		})
	}
}
