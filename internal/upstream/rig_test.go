package upstream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/upstream"
)

const (
	orgID   = "0190a8c0-0000-7000-8000-000000000001"
	brandID = "0190a8c0-0000-7000-8000-0000000000b1"
	storeID = "0190a8c0-0000-7000-8000-0000000000c1"
)

var (
	token = storelink.AccessToken{GrantID: "g", Value: "tok-canary"}
	ref   = storelink.StoreRef{BrandID: brandID, StoreID: storeID}
)

// An otter is an upstream that answers with its script, one answer a call, and the last one for good.
type otter struct {
	*httptest.Server
	mu     sync.Mutex
	script []answer
	calls  []*http.Request
}

type answer struct {
	status int
	body   string
	header http.Header
	do     http.HandlerFunc // instead of the rest
}

func newOtter(t *testing.T, script ...answer) *otter {
	o := &otter{script: script}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *otter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.calls = append(o.calls, r)
	a := o.script[min(len(o.calls), len(o.script))-1]
	o.mu.Unlock()
	if a.do != nil {
		a.do(w, r)
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.body))
}

func (o *otter) asked() []*http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

func newClient(t *testing.T, o upstream.Options) *upstream.Client {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	c, err := upstream.New(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func clientOf(t *testing.T, o *otter) *upstream.Client {
	return newClient(t, upstream.Options{BaseURL: o.URL})
}

// instantly runs f in a bubble of time, where pauses cost nothing, against an upstream that always answers the same.
func instantly(t *testing.T, a answer, f func(t *testing.T, c *upstream.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, newClient(t, upstream.Options{BaseURL: "http://otter.example", Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return response(a.status, a.body), nil
		})}))
	})
}

func call() storelink.Call {
	return storelink.Call{Token: token, Store: ref, Lane: storelink.LaneBackground}
}

// failure runs one of the calls and demands that it fails as an upstream call does.
func failure(t *testing.T, err error) *storelink.UpstreamError {
	t.Helper()
	var failed *storelink.UpstreamError
	require.ErrorAs(t, err, &failed)
	require.NotContains(t, err.Error(), token.Value)
	return failed
}

func drop(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type budget func(ctx context.Context, turn storelink.Turn) (time.Time, error)

func (f budget) Wait(ctx context.Context, turn storelink.Turn) (time.Time, error) {
	return f(ctx, turn)
}

func (budget) Throttled(context.Context, string, time.Duration) {}
