package sandbox_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

func TestRateLimits(t *testing.T) {
	r := start(t, sandbox.Options{RatePerSecond: 20, TokenPerMinute: 3})
	u := r.as("small")
	burst := func(n int) (admitted int) {
		for range n {
			if answer := u.call("GET", "", ""); answer.status == 200 {
				admitted++
			} else {
				answer.requireError(t, 429, "")
				require.Empty(t, answer.header.Get("Retry-After"))
			}
		}
		return admitted
	}
	require.Equal(t, 12, burst(12))
	r.clock.Advance(600 * time.Millisecond)
	require.Equal(t, 8, burst(15), "the window slides")
	r.clock.Advance(400 * time.Millisecond)
	require.Equal(t, 12, burst(15))
	r.do("GET", base, "").requireError(t, 429, "")

	for range 3 {
		require.Equal(t, 400, r.form(tokenPath, exchangeForm("x")).status)
	}
	require.Equal(t, 429, r.form(tokenPath, exchangeForm("x")).status)
	r.clock.Advance(59 * time.Second)
	require.Equal(t, 429, r.form(tokenPath, exchangeForm("x")).status)
	r.clock.Advance(time.Second)
	require.Equal(t, 400, r.form(tokenPath, exchangeForm("x")).status)
}

func TestLimitPerStore(t *testing.T) {
	r := start(t, sandbox.Options{StorePerMinute: 2})
	u, s := r.as("small"), r.Stores("small")
	for _, want := range []int{404, 404, 429} {
		require.Equal(t, want, u.call("GET", connectionOf(s[0]), "").status)
	}
	require.Equal(t, 404, u.call("DELETE", connectionOf(s[0]), "").status, "another endpoint")
	require.Equal(t, 404, u.call("GET", connectionOf(s[1]), "").status, "another store")
}

func TestLimitsAreOffByDefault(t *testing.T) {
	r := start(t, sandbox.Options{})
	u := r.as("small")
	for range 50 {
		require.Equal(t, 200, u.call("GET", "", "").status)
	}
}

func TestFaultAnswers(t *testing.T) {
	r := start(t, sandbox.Options{})
	u, s := r.as("small"), r.Stores("small")[0]
	r.Inject(sandbox.Fault{Method: "get", PathPattern: "/connection$", Status: 401, Times: 2})
	require.Equal(t, 200, u.call("GET", "", "").status, "another path")
	require.Equal(t, 204, u.call("POST", connectionOf(s), storeID("A")).status, "another method")
	for range 2 {
		u.call("GET", connectionOf(s), "").requireError(t, 401, "")
	}
	require.Equal(t, 200, u.call("GET", connectionOf(s), "").status, "used up")

	r.Inject(sandbox.Fault{Status: 503, Body: "<html>bad gateway</html>", RetryAfter: "7"})
	answer := u.call("GET", "", "")
	require.Equal(t, reply{503, answer.header, "<html>bad gateway</html>"}, answer)
	require.Contains(t, answer.header.Get("Content-Type"), "text/html")
	require.Equal(t, "7", answer.header.Get("Retry-After"))

	r.Inject(sandbox.Fault{Method: "DELETE", Status: 502, AfterEffect: true})
	require.Equal(t, 502, u.call("DELETE", connectionOf(s), "").status)
	_, connected := r.Connection(s.StoreID)
	require.False(t, connected)

	r.Inject(sandbox.Fault{Status: 500, Times: -1})
	for range 5 {
		require.Equal(t, 500, u.call("GET", "", "").status)
	}
	r.ClearFaults()
	require.Equal(t, 200, u.call("GET", "", "").status)
	require.Panics(t, func() { r.Inject(sandbox.Fault{PathPattern: "(", Status: 500}) })
}

func TestFaultDrops(t *testing.T) {
	r := start(t, sandbox.Options{})
	u := r.as("small")
	for drop, effect := range map[string]bool{sandbox.DropBefore: false, sandbox.DropAfter: true} {
		s := r.Stores("small")[len(drop)]
		r.ResetCalls()
		r.Inject(sandbox.Fault{Method: "POST", PathPattern: s.StoreID, Drop: drop})
		_, err := u.try("POST", base+connectionOf(s), storeID(drop), "Authorization", "Bearer "+u.token, "Content-Type", "application/json")
		require.Error(t, err)
		_, connected := r.Connection(s.StoreID)
		require.Equal(t, effect, connected, drop)
		require.Len(t, r.Calls(), 1)
		require.Equal(t, effect, r.Calls()[0].Effect)
		require.Zero(t, r.Calls()[0].Status)
		require.True(t, r.Calls()[0].Faulted)
	}
}

// request serves one call without a network, so that it can run on fake time.
func request(ctx context.Context, s *sandbox.Sandbox, method, path, body, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(ctx, method, base+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return w
}

func onFakeTime(t *testing.T, o sandbox.Options, test func(t *testing.T, s *sandbox.Sandbox, token string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(o)
		answer, err := s.IssueToken("small")
		require.NoError(t, err)
		test(t, s, answer.AccessToken)
		require.NoError(t, s.Close())
	})
}

func TestLatencyAndDelay(t *testing.T) {
	onFakeTime(t, sandbox.Options{Latency: 50 * time.Millisecond}, func(t *testing.T, s *sandbox.Sandbox, token string) {
		t.Helper()
		began := time.Now()
		require.Equal(t, 200, request(t.Context(), s, "GET", "", "", token).Code)
		require.Equal(t, 50*time.Millisecond, time.Since(began))

		s.Inject(sandbox.Fault{Delay: time.Second})
		began = time.Now()
		require.Equal(t, 200, request(t.Context(), s, "GET", "", "", token).Code)
		require.Equal(t, 1050*time.Millisecond, time.Since(began))
	})
}

func TestLateEffect(t *testing.T) {
	onFakeTime(t, sandbox.Options{}, func(t *testing.T, s *sandbox.Sandbox, token string) {
		t.Helper()
		store := s.Stores("small")[0]
		s.Inject(sandbox.Fault{Method: "POST", Status: 504, LateEffect: 3 * time.Second})
		require.Equal(t, 504, request(t.Context(), s, "POST", connectionOf(store), storeID("A"), token).Code)
		_, connected := s.Connection(store.StoreID)
		require.False(t, connected)
		require.False(t, s.Calls()[0].Effect)
		<-time.After(3 * time.Second)
		synctest.Wait()
		_, connected = s.Connection(store.StoreID)
		require.True(t, connected)
		require.True(t, s.Calls()[0].Effect)

		s.Inject(sandbox.Fault{Method: "DELETE", LateEffect: time.Hour})
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			request(t.Context(), s, "DELETE", connectionOf(store), "", token)
		}, "dropped unless told otherwise")
		require.NoError(t, s.Close())
		_, connected = s.Connection(store.StoreID)
		require.True(t, connected, "closing gives up what is still to come")
	})
}

func TestHang(t *testing.T) {
	onFakeTime(t, sandbox.Options{}, func(t *testing.T, s *sandbox.Sandbox, token string) {
		t.Helper()
		store := s.Stores("small")[0]
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		s.Inject(sandbox.Fault{Hang: true, AfterEffect: true})
		began := time.Now()
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			request(ctx, s, "POST", connectionOf(store), storeID("A"), token)
		})
		require.Equal(t, 10*time.Second, time.Since(began))
		_, connected := s.Connection(store.StoreID)
		require.True(t, connected)

		s.Inject(sandbox.Fault{Hang: true})
		ended := make(chan any, 1)
		go func() {
			defer func() { ended <- recover() }()
			request(t.Context(), s, "GET", "", "", token)
		}()
		synctest.Wait()
		require.Len(t, s.Calls(), 2, "on record while it hangs")
		require.NoError(t, s.Close())
		require.Equal(t, http.ErrAbortHandler, <-ended)
	})
}
