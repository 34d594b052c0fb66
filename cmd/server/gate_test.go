package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"storelink/internal/sandbox"
)

// gate stands in front of upstream and holds calls on connections where a test says so.
type gate struct {
	next http.Handler

	mu    sync.Mutex
	holds []*hold
}

// hold is one call that stands before or after its effect until it is let go. It holds the first call that matches.
type hold struct {
	t             *testing.T
	method, store string
	after         bool
	reached       chan struct{}
	decided       chan bool // true: go on; false: close the connection without an effect or an answer
	once          sync.Once
}

func (g *gate) in(next http.Handler) http.Handler {
	g.next = next
	return g
}

// before holds a call that has arrived and not taken effect.
func (g *gate) before(t *testing.T, method string, s sandbox.Store) *hold {
	t.Helper()
	return g.hold(t, method, s, false)
}

// after holds the answer of a call that has taken effect.
func (g *gate) after(t *testing.T, method string, s sandbox.Store) *hold {
	t.Helper()
	return g.hold(t, method, s, true)
}

func (g *gate) hold(t *testing.T, method string, s sandbox.Store, after bool) *hold {
	t.Helper()
	h := &hold{
		t: t, method: method, store: s.StoreID + "/connection", after: after,
		reached: make(chan struct{}), decided: make(chan bool, 1),
	}
	t.Cleanup(h.drop)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds = append(g.holds, h)
	return h
}

// take returns the first hold that matches, which holds nothing else from then on.
func (g *gate) take(r *http.Request) *hold {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, h := range g.holds {
		if h.method == r.Method && strings.HasSuffix(r.URL.Path, h.store) {
			g.holds = append(g.holds[:i:i], g.holds[i+1:]...)
			return h
		}
	}
	return nil
}

// ServeHTTP is http.Handler's. A call that is held outlives its client: upstream does not know that nobody listens.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := g.take(r)
	if h == nil {
		g.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r = r.Clone(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	if h.after {
		g.next.ServeHTTP(answer, r)
	}
	close(h.reached)
	if !<-h.decided {
		panic(http.ErrAbortHandler)
	}
	if !h.after {
		g.next.ServeHTTP(answer, r)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// wait returns once a call stands here.
func (h *hold) wait() {
	h.t.Helper()
	select {
	case <-h.reached:
	case <-time.After(30 * time.Second):
		require.FailNow(h.t, "no call came", "%s %s", h.method, h.store)
	}
}

// release lets the call take effect, where it has not, and be answered.
func (h *hold) release() { h.once.Do(func() { h.decided <- true }) }

// drop closes the call's connection as it stands.
func (h *hold) drop() { h.once.Do(func() { h.decided <- false }) }
