package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const maxCalls = 10000

// Call is a recorded upstream call. Secrets are not in it: the values of Authorization and Cookie are cut, query and form
// are there by name only.
type Call struct {
	At        time.Time   `json:"at"`
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	QueryKeys []string    `json:"queryKeys,omitempty"`
	Header    http.Header `json:"header"`
	FormKeys  []string    `json:"formKeys,omitempty"`  // token endpoint
	GrantType string      `json:"grantType,omitempty"` // token endpoint
	LocalID   string      `json:"localId,omitempty"`   // what a POST of a connection asked for
	Status    int         `json:"status"`              // 0: no answer (yet)
	Account   string      `json:"account,omitempty"`   // whose token it was
	Effect    bool        `json:"effect"`              // it changed something; may become true late
	Faulted   bool        `json:"faulted,omitempty"`
}

// trace is what handlers tell the record about their call.
type trace struct {
	account   string
	formKeys  []string
	grantType string
	localID   string
	effect    bool
}

type traceKey struct{}

func withTrace(r *http.Request) (*http.Request, *trace) {
	t := &trace{}
	return r.WithContext(context.WithValue(r.Context(), traceKey{}, t)), t
}

func traceOf(r *http.Request) *trace {
	t, ok := r.Context().Value(traceKey{}).(*trace)
	if !ok {
		return &trace{}
	}
	return t
}

type callLog struct {
	mu    sync.Mutex
	calls []*Call
}

func (l *callLog) begin(r *http.Request, at time.Time) *Call {
	call := &Call{At: at, Method: r.Method, Path: r.URL.Path, QueryKeys: keys(r.URL.Query()), Header: withoutSecrets(r.Header)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) >= 2*maxCalls {
		l.calls = slices.Clone(l.calls[maxCalls:])
	}
	l.calls = append(l.calls, call)
	return call
}

func (l *callLog) change(call *Call, f func(*Call)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(call)
}

// note copies what a handler said; call is changed under the log's lock, as others may be reading it.
func (l *callLog) note(call *Call, t *trace) {
	l.change(call, func(c *Call) {
		c.Account, c.FormKeys, c.GrantType, c.LocalID = t.account, t.formKeys, t.grantType, t.localID
		c.Effect = c.Effect || t.effect
	})
}

func (l *callLog) list() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	latest := l.calls[max(0, len(l.calls)-maxCalls):]
	all := make([]Call, len(latest))
	for i, c := range latest {
		all[i] = *c
	}
	return all
}

func (l *callLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = nil
}

func withoutSecrets(h http.Header) http.Header {
	h = h.Clone()
	if scheme, _, _ := strings.Cut(h.Get("Authorization"), " "); scheme != "" {
		h.Set("Authorization", scheme+" …")
	}
	if h.Get("Cookie") != "" {
		h.Set("Cookie", "…")
	}
	return h
}

func keys(values map[string][]string) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
