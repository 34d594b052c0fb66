package main

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"storelink/internal/config"
	"storelink/internal/sandbox"
)

// spanCollector takes traces as OpenTelemetry's own does (OTLP over HTTP), until it is told to hang.
type spanCollector struct {
	t      *testing.T
	server *httptest.Server
	hung   chan struct{} // closed: no request is answered any more

	mu    sync.Mutex
	spans []*otlp.Span
	raw   bytes.Buffer // all that came, as it came
}

func newSpanCollector(t *testing.T) *spanCollector {
	t.Helper()
	c := &spanCollector{t: t, hung: make(chan struct{})}
	over := make(chan struct{})
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-c.hung:
			<-over
		default:
			c.take(w, r)
		}
	}))
	t.Cleanup(c.server.Close)
	t.Cleanup(func() { close(over) })
	return c
}

func (c *spanCollector) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// of returns the spans that came of one trace, by their ids.
func (c *spanCollector) of(traceID string) map[string]*otlp.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[string]*otlp.Span{}
	for _, s := range c.spans {
		if hex.EncodeToString(s.GetTraceId()) == traceID {
			found[hex.EncodeToString(s.GetSpanId())] = s
		}
	}
	return found
}

// named returns the spans of the name, of whatever trace.
func (c *spanCollector) named(name string) []*otlp.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*otlp.Span
	for _, s := range c.spans {
		if s.GetName() == name {
			found = append(found, s)
		}
	}
	return found
}

func (r *rig) flushTraces() {
	r.t.Helper()
	require.NoError(r.t, r.service.traces.provider.ForceFlush(r.t.Context()))
}

const (
	browsersTrace = "0af7651916cd43dd8448eb211c80319c"
	browsersSpan  = "b7ad6b7169203331"
)

// A click is one trace, from the browser's request over the pass to the calls upstream and the SQL of each. A look that
// comes later has its own, which says where its mapping came from.
func TestAClickIsOneTrace(t *testing.T) {
	c := newSpanCollector(t)
	var upstreamSaw sync.Map
	r := newRig(t, rigOptions{
		settings: func(s *config.Settings) { s.OTLPEndpoint = c.server.URL + "/" },
		upstream: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				for name := range req.Header {
					upstreamSaw.Store(name, true)
				}
				next.ServeHTTP(w, req)
			})
		},
	})
	p := r.signedIn(sandbox.AccountSmall)
	store := r.box.Stores(sandbox.AccountSmall)[0]
	a := p.send(http.MethodPost, "/api/onboard", ask(store, "K-1", ""), "Prefer", "wait=20",
		"Traceparent", "00-"+browsersTrace+"-"+browsersSpan+"-01", "Tracestate", "vendor="+canary)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var spans map[string]*otlp.Span
	r.eventually("the pass's span has come", func() bool {
		r.flushTraces()
		spans = c.of(browsersTrace)
		return len(c.named("pass ask")) > 0
	})
	names := map[string]int{}
	for id, s := range spans {
		names[s.GetName()]++
		for parent := hex.EncodeToString(s.GetParentSpanId()); parent != browsersSpan; parent = hex.EncodeToString(spans[parent].GetParentSpanId()) {
			require.Contains(t, spans, parent, "%s (%s) is connected to the request", s.GetName(), id)
		}
	}
	for _, name := range []string{"POST /api/onboard", "pass ask", "get connection", "connect", "insert runs", "select run_items", "update mappings"} {
		require.NotZero(t, names[name], "%s in %v", name, names)
	}
	require.Equal(t, 1, names["POST /api/onboard"])
	require.Contains(t, r.log.String(), `"trace_id":"`+browsersTrace+`"`)
	_, sent := upstreamSaw.Load("Traceparent")
	require.False(t, sent, "nothing of a browser's request goes upstream")
	require.NotEmpty(t, c.named("token authorization_code"))
	require.NotEmpty(t, c.named("GET /auth/callback"))

	r.exec(`UPDATE mappings SET due_at = storelink_now(), due_for = 'drift', lane = 'drift'`)
	r.eventually("the look's span has come", func() bool {
		r.flushTraces()
		return len(c.named("pass drift")) > 0
	})
	look := c.named("pass drift")[0]
	require.NotEqual(t, browsersTrace, hex.EncodeToString(look.GetTraceId()))
	require.Len(t, look.GetLinks(), 1)
	require.Equal(t, browsersTrace, hex.EncodeToString(look.GetLinks()[0].GetTraceId()))
	for _, s := range c.spans {
		require.NotContains(t, s.GetName(), store.StoreID)
		for _, attribute := range s.GetAttributes() {
			value := attribute.GetValue().GetStringValue()
			require.NotContains(t, value, store.StoreID, attribute.GetKey())
			require.NotContains(t, value, "K-1", attribute.GetKey())
			require.NotContains(t, value, "?", attribute.GetKey())
		}
	}
	require.NotContains(t, c.raw.String(), canary)

	// Whoever takes traces may hang: neither a request nor the end waits for it.
	close(c.hung)
	require.Equal(t, "replaced", p.onboard(store, "K-2", "K-1").Items[0].Outcome)
	r.service.stop()
	require.Contains(t, r.log.String(), "the last traces were not sent")
}

// Without an endpoint nothing is traced, and no run remembers what a browser sent.
func TestNothingIsTracedWithoutAnEndpoint(t *testing.T) {
	r := newRig(t, rigOptions{})
	require.Nil(t, r.service.traces)
	p := r.signedIn(sandbox.AccountSmall)
	p.send(http.MethodPost, "/api/onboard", ask(r.box.Stores(sandbox.AccountSmall)[0], "K-1", ""), "Prefer", "wait=20",
		"Traceparent", "00-"+browsersTrace+"-"+browsersSpan+"-01")
	require.Zero(t, scalar[int](r, `SELECT count(*) FROM runs WHERE traceparent IS NOT NULL`))
	require.NotContains(t, r.log.String(), "trace_id")
}
