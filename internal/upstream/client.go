// Package upstream is the typed client of the Otter / CloudKitchens Public API's Organization domain: one file per
// resource, one method per call. It builds each request from checked values alone, and sends it in one place.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"storelink"
)

const (
	// maxLateness is how long after its slot of the budget a call may be handed to the transport.
	maxLateness = 20 * time.Millisecond
	// maxReads is how often a read is sent before its failure is believed.
	maxReads = 3
	// readBackOff is the first pause between two reads.
	readBackOff = 100 * time.Millisecond
	// denialPause is waited before a 401 is put to the test: valid tokens get one now and then.
	denialPause = 200 * time.Millisecond
	// maxHeldRetry is the longest Retry-After that is waited for here; a longer one is left to the caller.
	maxHeldRetry = time.Second
	// maxHeldSilence is the same for a 429 of a read in the background, where nobody waits for an answer.
	maxHeldSilence = time.Minute

	defaultTimeout = 10 * time.Second
	listBody       = 4 << 20
	singleBody     = 64 << 10
)

// Budget is the shared budget of authenticated calls.
type Budget interface {
	// Wait blocks until a slot is there and returns when it was; the zero time where calls are not limited.
	Wait(ctx context.Context, turn storelink.Turn) (slot time.Time, err error)
	// Throttled is told of each 429: on a call of one store's connection, else (storeID empty) of the organization.
	Throttled(ctx context.Context, storeID string, retryAfter time.Duration)
}

// Options say where upstream is and how it is called.
type Options struct {
	BaseURL   string               // https, or http; a path in it is kept
	Timeout   time.Duration        // of one call with its body, without its wait for the budget; zero: 10 s
	Budget    Budget               // nil: no limit
	Transport http.RoundTripper    // nil: one of our own
	Metrics   *Metrics             // nil: nothing is counted
	Traces    trace.TracerProvider // nil: no spans
}

// Client calls upstream. It is safe for concurrent use.
type Client struct {
	base      string
	timeout   time.Duration
	budget    Budget
	transport http.RoundTripper
	metrics   *Metrics
	tracer    trace.Tracer
	host      string
}

// New returns a client, or an error where the base URL cannot be used.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, errors.New("upstream: the base URL must be an http or https address")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("upstream: the base URL must hold no user, query or fragment")
	}
	c := &Client{
		base:      strings.TrimRight(base.String(), "/"),
		timeout:   o.Timeout,
		budget:    o.Budget,
		transport: o.Transport,
		metrics:   o.Metrics,
		tracer:    newTracer(o.Traces),
		host:      base.Hostname(),
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.transport == nil {
		c.transport = newTransport()
	}
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// A request is one call: checked values only, so that nothing of a browser's request can be in it.
type request struct {
	op     string
	method string
	path   string // escaped, below the base URL
	query  url.Values
	body   []byte // JSON; nil: none
	token  storelink.AccessToken
	lane   storelink.Lane
	store  string // the store whose connection it is about; empty: the organization as a whole
	guard  func() error
	limit  int64              // of the answer's body in bytes
	decode func([]byte) error // of a 2xx answer; nil: its body is not read
}

// do is the only way out. Reads are sent again where no usable answer came, or a 429; a 401 is tried once more whatever
// the method, since nothing was done then; writes are never repeated otherwise. A call of a pass, which has a guard, is
// not repeated after a 429 either: the pass lets that store alone for a while, and its lease goes with it.
func (c *Client) do(ctx context.Context, r request) error {
	if r.lane != storelink.LaneInteractive && r.lane != storelink.LaneBackground {
		return fmt.Errorf("upstream %s: the call names no lane", r.op)
	}
	denied := false
	for sent := 1; ; sent++ {
		err := c.attempt(ctx, r)
		var failed *storelink.UpstreamError
		if !errors.As(err, &failed) {
			return err
		}
		if failed.Status == http.StatusTooManyRequests && c.budget != nil {
			c.budget.Throttled(ctx, r.store, failed.RetryAfter)
		}
		var pause time.Duration
		switch {
		case failed.Status == http.StatusUnauthorized && !denied:
			denied = true
			pause = denialPause
		case r.method == http.MethodGet && worthRepeating(failed, r) && sent < maxReads && failed.RetryAfter <= heldRetry(failed, r):
			pause = max(failed.RetryAfter, jitter(readBackOff<<(sent-1)))
		default:
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// attempt sends once, at a slot of the budget. A call that the machine or its guard held up gives its slot up and books
// another, so that no second sees more calls than it may.
func (c *Client) attempt(ctx context.Context, r request) error {
	for {
		slot, err := c.takeSlot(ctx, r)
		if err != nil {
			return fmt.Errorf("wait for a slot of the upstream budget: %w", err)
		}
		if sent, err := c.sendAt(ctx, slot, r); sent || err != nil {
			return err
		}
	}
}

// takeSlot waits until a slot of the budget is there.
func (c *Client) takeSlot(ctx context.Context, r request) (time.Time, error) {
	if c.budget == nil {
		return time.Time{}, ctx.Err()
	}
	return c.budget.Wait(ctx, storelink.Turn{Lane: r.lane, OrganizationID: r.token.OrganizationID})
}

// sendAt asks the guard and sends, unless it is too late for the slot by then. The deadline begins before the guard
// speaks, so that nothing is sent later than a time-out after it did.
func (c *Client) sendAt(ctx context.Context, slot time.Time, r request) (sent bool, err error) {
	sending, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if r.guard != nil {
		if err := r.guard(); err != nil {
			return false, err
		}
	}
	if !slot.IsZero() && time.Since(slot) > maxLateness {
		c.metrics.slotLost()
		return false, nil
	}
	began := time.Now()
	spanned, span := c.beginSpan(sending, r)
	failed := c.send(spanned, r)
	endSpan(span, failed)
	c.metrics.sent(ctx, began, r.op, failed)
	switch {
	case failed == nil:
		return true, nil
	case failed.Status == 0 && ctx.Err() != nil:
		return true, ctx.Err()
	}
	return true, failed
}

// worthRepeating reports whether a read may do better the next time: no answer, a server's trouble, an answer that is
// none of upstream's, or too many calls at once.
func worthRepeating(e *storelink.UpstreamError, r request) bool {
	notTheirs := e.Err != nil && (e.Status/100 == 2 || e.Status == http.StatusNotFound)
	throttled := e.Status == http.StatusTooManyRequests && r.guard == nil
	return e.Status == 0 || e.Status >= 500 || notTheirs || throttled
}

func heldRetry(e *storelink.UpstreamError, r request) time.Duration {
	if e.Status == http.StatusTooManyRequests && r.lane == storelink.LaneBackground {
		return maxHeldSilence
	}
	return maxHeldRetry
}

func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
