package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const maxBody = 64 << 10

// buffer is an answer that has not been sent yet: so a call is on record before its client hears of it, and a fault can
// keep an answer back whose effect has happened.
type buffer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newBuffer() *buffer { return &buffer{header: http.Header{}} }

// Header is http.ResponseWriter's.
func (b *buffer) Header() http.Header { return b.header }

// WriteHeader is http.ResponseWriter's: the first status counts.
func (b *buffer) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

// Write is http.ResponseWriter's.
func (b *buffer) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(p)
}

func (b *buffer) refuse(r *RefusalError) { writeJSON(b, r.Status, r) }

func (b *buffer) send(w http.ResponseWriter) {
	for name, values := range b.header {
		w.Header()[name] = values
	}
	w.WriteHeader(b.status)
	// A client that has gone is no concern of ours.
	_, _ = w.Write(b.body.Bytes()) //nolint:gosec // JSON, a template's output, or what a test injected
}

// serve takes an upstream call through record, limits, faults, its handler and the latency.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	began := s.clock()
	call := s.calls.begin(r, began)
	answer := s.answer(r, body, call)
	if answer == nil {
		s.log.DebugContext(r.Context(), "upstream call without an answer", "method", r.Method, "path", r.URL.Path)
		panic(http.ErrAbortHandler)
	}
	s.calls.change(call, func(c *Call) { c.Status = answer.status })
	s.log.DebugContext(r.Context(), "upstream call", "method", r.Method, "path", r.URL.Path, "status", answer.status)
	answer.send(w)
}

// answer returns nil where the connection is to be closed without one.
func (s *Sandbox) answer(r *http.Request, body []byte, call *Call) *buffer {
	answer := newBuffer()
	var fault *Fault
	switch {
	case len(body) > maxBody:
		answer.refuse(refuse(http.StatusRequestEntityTooLarge, "The body is too large."))
	case !s.admit(r):
		answer.refuse(refuse(http.StatusTooManyRequests, "Too many requests."))
	default:
		if fault = s.faults.take(r.Method, r.URL.Path); fault != nil {
			answer = s.faulty(r, body, call, fault)
		} else {
			answer = s.handle(r, body, call)
		}
	}
	if answer != nil {
		s.pause(r.Context(), time.Duration(s.Settings().LatencyMS)*time.Millisecond)
	}
	return answer
}

func (s *Sandbox) faulty(r *http.Request, body []byte, call *Call, f *Fault) *buffer {
	s.calls.change(call, func(c *Call) { c.Faulted, c.LocalID = true, askedID(body) })
	s.pause(context.WithoutCancel(r.Context()), f.Delay)
	if f.Status == 0 && f.Drop == "" && !f.Hang && f.LateEffect == 0 {
		return s.handle(r, body, call)
	}
	if f.LateEffect > 0 {
		s.handleLater(f.LateEffect, r, body, call)
	}
	if f.AfterEffect || f.Drop == DropAfter {
		s.handle(r, body, call)
	}
	if f.Hang {
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
	}
	if f.Status == 0 {
		return nil
	}
	return f.answer()
}

// askedID reads the local id out of a connection's body, where it is one: a call that a fault answers has no handler
// that would.
func askedID(body []byte) string {
	var asked connection
	if json.Unmarshal(body, &asked) != nil || asked.StoreID == nil {
		return ""
	}
	return *asked.StoreID
}

// handle runs the call's own handler: this is where it takes effect.
func (s *Sandbox) handle(r *http.Request, body []byte, call *Call) *buffer {
	r, t := withTrace(r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	b := newBuffer()
	s.routes.ServeHTTP(b, r)
	s.calls.note(call, t)
	return b
}

func (s *Sandbox) handleLater(after time.Duration, r *http.Request, body []byte, call *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	r = r.Clone(context.WithoutCancel(r.Context()))
	s.late.Go(func() {
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-timer.C:
			s.handle(r, body, call)
		case <-s.closing:
		}
	})
}

// pause waits, but no longer than the call's client and the sandbox do.
func (s *Sandbox) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.closing:
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Our own types always encode, and a client that has gone is no concern of ours.
	_ = json.NewEncoder(w).Encode(body)
}

func writeError(w http.ResponseWriter, err error) {
	var r *RefusalError
	if !errors.As(err, &r) {
		r = refuse(http.StatusInternalServerError, "Something went wrong.")
	}
	writeJSON(w, r.Status, r)
}
