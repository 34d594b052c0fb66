package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
)

// aRun changes once in every step of time until it is done, and notes when it was looked at.
type aRun struct {
	mu    sync.Mutex
	began time.Time
	step  time.Duration
	steps int
	alive time.Duration // of the session; 0: for good
}

func (a *aRun) Run(context.Context, string, string) (storelink.Run, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := int(time.Since(a.began) / a.step)
	run := storelink.Run{ID: "run", Version: int64(1 + min(n, a.steps)), State: storelink.RunRunning}
	if n >= a.steps {
		run.State = storelink.RunDone
	}
	return run, nil
}

func (a *aRun) Watch(string) (<-chan struct{}, func()) {
	changed := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		ticker := time.NewTicker(a.step)
		defer ticker.Stop()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-ticker.C:
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}
	}()
	return changed, cancel
}

func (*aRun) ChangedItems(context.Context, string, storelink.ItemMark, int64, int) ([]storelink.Item, error) {
	return nil, nil
}

func (*aRun) Session(context.Context, string) (storelink.Session, error) {
	return storelink.Session{}, nil
}

func (a *aRun) SessionAlive(context.Context, string) error {
	if a.alive > 0 && time.Since(a.began) >= a.alive {
		return errNoSession()
	}
	return nil
}

// stopwatch notes when each write came.
type stopwatch struct {
	*httptest.ResponseRecorder
	began  time.Time
	events []time.Duration
	last   []time.Duration // of comments
}

func (s *stopwatch) Write(b []byte) (int, error) {
	switch {
	case strings.HasPrefix(string(b), "id: "):
		s.events = append(s.events, time.Since(s.began))
	case strings.HasPrefix(string(b), ":"):
		s.last = append(s.last, time.Since(s.began))
	}
	return s.ResponseRecorder.Write(b)
}

func follow(ctx context.Context, t *testing.T, a *aRun, s *streams) *stopwatch {
	t.Helper()
	a.began = time.Now()
	w := &stopwatch{ResponseRecorder: httptest.NewRecorder(), began: a.began}
	stream := &runStream{
		ctx: ctx, followed: a, streams: s, shown: storelink.Run{ID: "run", State: storelink.RunRunning},
		alive: func(ctx context.Context) error { return a.SessionAlive(ctx, "") },
		shape: func(run storelink.Run) any { return runSummary(run) },
	}
	require.NoError(t, stream.VisitFollowRunResponse(w))
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, s.open, "it has left")
	return w
}

// However fast a run changes, at most four events come in any second, the last one among them.
func TestEventsHaveAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := follow(t.Context(), t, &aRun{step: time.Millisecond, steps: 10_000}, newStreams())
		require.Greater(t, len(w.events), 30)
		for i := 4; i < len(w.events); i++ {
			require.GreaterOrEqual(t, w.events[i]-w.events[i-4], time.Second)
		}
		require.Contains(t, w.Body.String(), "id: 10001\n")
		require.True(t, strings.HasSuffix(w.Body.String(), "\n\n"))
	})
}

func TestCommentsKeepAQuietStreamOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := follow(t.Context(), t, &aRun{step: 61 * time.Second, steps: 1}, newStreams())
		require.Equal(t, []time.Duration{15 * time.Second, 30 * time.Second, 45 * time.Second, 60 * time.Second}, w.last)
		require.Len(t, w.events, 2)
	})
}

// A stream ends with its session, with its client, and with the process.
func TestStreamsEnd(t *testing.T) {
	never := func() *aRun { return &aRun{step: time.Hour, steps: 1} }
	synctest.Test(t, func(t *testing.T) {
		a := never()
		a.alive = 7 * time.Second
		follow(t.Context(), t, a, newStreams())
		require.LessOrEqual(t, time.Since(a.began), 30*time.Second)

		a = never()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		follow(ctx, t, a, newStreams())
		require.Equal(t, time.Minute, time.Since(a.began))

		a, s := never(), newStreams()
		time.AfterFunc(2*time.Minute, s.end)
		follow(t.Context(), t, a, s)
		require.Equal(t, 2*time.Minute, time.Since(a.began))
		follow(t.Context(), t, never(), s)
	})
}
