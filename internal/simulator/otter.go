package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"storelink"
	"storelink/internal/sandbox"
)

// upstreamTimeout is how long a call may take, and how late a write that nobody hears of may take effect.
const upstreamTimeout = 10 * time.Second

// fault is what spoils a call.
type fault string

const (
	resets  fault = "is cut off"
	hangs   fault = "hangs"
	refuses fault = "never leaves"
)

func status(code int) fault { return fault(fmt.Sprintf("answers %d", code)) }

func page(code int) fault { return fault(fmt.Sprintf("answers %d with a page", code)) }

var codes = func() map[fault]*storelink.UpstreamError {
	m := map[fault]*storelink.UpstreamError{}
	for code := 200; code < 600; code++ {
		m[status(code)] = &storelink.UpstreamError{Status: code, Sent: true, Message: "made up"}
		m[page(code)] = &storelink.UpstreamError{Status: code, Sent: true, Err: errors.New("the answer is a gateway's page")}
	}
	return m
}()

// faultsOf are the faults that a call can meet. Upstream's own 404 to a look or a DELETE is never made up: a client
// cannot tell it from the truth.
var faultsOf = map[string][]fault{
	http.MethodGet: {
		resets, hangs, refuses, status(401), status(401), status(403), status(429), status(500), status(502), status(503),
		page(200), page(404), page(502),
	},
	http.MethodPost: {
		resets, resets, hangs, hangs, refuses, status(400), status(401), status(401), status(403), status(404), status(409),
		status(409), status(413), status(422), status(422), status(429), status(500), status(502), status(503), status(504),
		page(404), page(409), page(422), page(502),
	},
	http.MethodDelete: {
		resets, resets, hangs, hangs, refuses, status(401), status(401), status(403), status(429), status(500), status(502),
		status(503), status(504), page(403), page(404), page(502),
	},
}

// fate is what becomes of a call: its effect and its answer come that long after it was sent.
type fate struct {
	fault          fault // empty: none
	effect, answer time.Duration
	lost           bool // it has no effect
	dies           bool // its sender dies right after sending it
}

// otter is upstream: the sandbox's core, and what lies between it and us.
type otter struct {
	s         *scheduler
	core      *sandbox.Core
	principal *sandbox.Principal
	refused   map[string]bool // local ids that upstream does not accept
	stores    []*remoteStore
	check     func(a *actor, r *remoteStore, w write) (mayReplace []string)
	calls     int
}

// remoteStore is what the simulator knows of a store.
type remoteStore struct {
	ref        storelink.StoreRef
	name       string
	foreign    string // what somebody else, or the time before, left there
	changed    int    // sequence of the last change that no pass of ours was told of
	byHand     int    // sequence of the last change by hand
	settled    int    // sequence of the last look that its newest item could tell of
	operated   int    // sequence of the last act of an operator
	reconciled int    // the same, where it lets anything be replaced
	looked     int    // sequence of what a pass was last told and lived to write down
	lost       bool   // the last change was a DELETE of ours
	unheard    *actor // whose write got no answer, until it looked again
	gaveUp     int64  // the generation whose id was refused, and for which the old one was put back
	calls      []string
}

type write struct {
	method, id string
}

// result is what upstream made of a call.
type result struct {
	id  string
	err *storelink.UpstreamError
	seq int
}

func (o *otter) sequence() int {
	o.calls++
	return o.calls
}

func (o *otter) store(ref storelink.StoreRef) *remoteStore {
	i := slices.IndexFunc(o.stores, func(r *remoteStore) bool { return r.ref == ref })
	return o.stores[i]
}

func (o *otter) connected(r *remoteStore) string {
	id, _ := o.core.Connected(r.ref.StoreID)
	return id
}

// byHand changes a connection as a person would; the empty id takes it away.
func (o *otter) byHand(r *remoteStore, id string) {
	if id == "" {
		o.core.RemoveConnection(r.ref.StoreID)
	} else {
		o.core.SetConnection(r.ref.StoreID, id)
	}
	r.byHand = o.sequence()
	r.changed, r.foreign, r.lost = r.byHand, id, false
}

// Connection sends a GET. With Connect and Disconnect it is onboard.Connections.
func (p *process) Connection(ctx context.Context, call storelink.Call) (string, error) {
	id, err := p.do(ctx, call, write{method: http.MethodGet})
	var failed *storelink.UpstreamError
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound && failed.Err == nil {
		return "", nil
	}
	return id, err
}

// Connect sends a POST.
func (p *process) Connect(ctx context.Context, call storelink.Call, localStoreID string) error {
	_, err := p.do(ctx, call, write{http.MethodPost, localStoreID})
	return err
}

// Disconnect sends a DELETE.
func (p *process) Disconnect(ctx context.Context, call storelink.Call) error {
	_, err := p.do(ctx, call, write{method: http.MethodDelete})
	return err
}

// do sends once, a read up to three times, and anything that got a 401 once more: as upstream.Client does.
func (p *process) do(ctx context.Context, call storelink.Call, w write) (string, error) {
	denied := false
	for sent := 1; ; sent++ {
		id, err := p.sim.otter.attempt(actorOf(ctx), call, w)
		var failed *storelink.UpstreamError
		if !errors.As(err, &failed) {
			return id, err
		}
		switch {
		case failed.Status == http.StatusUnauthorized && !denied:
			denied = true
		case w.method == http.MethodGet && worthRepeating(failed) && sent < 3:
		default:
			return "", err
		}
		actorOf(ctx).sleep(200 * time.Millisecond)
	}
}

func worthRepeating(e *storelink.UpstreamError) bool {
	notTheirs := e.Err != nil && (e.Status/100 == 2 || e.Status == http.StatusNotFound)
	return e.Status == 0 || e.Status >= 500 || notTheirs
}

func (o *otter) attempt(a *actor, call storelink.Call, w write) (string, error) {
	r := o.store(call.Store)
	a.step("%s %s %s", w.method, r.name, w.id)
	if call.Guard != nil {
		if err := call.Guard(); err != nil {
			o.s.logf(a.name, "not sent: %v", err)
			return "", err
		}
	}
	f := o.s.choose.fate(w.method)
	if f.fault == refuses {
		o.s.logf(a.name, "… %s", f.fault)
		return "", &storelink.UpstreamError{Op: w.method, Err: errors.New("connection refused")}
	}
	var may []string
	if w.method != http.MethodGet {
		may = o.check(a, r, w)
	}
	r.calls = append(r.calls, w.method+" "+w.id)
	got := o.send(a, r, w, f, may)
	a.doomed = f.dies
	if f.answer > 0 || f.dies {
		a.sleep(f.answer)
	}
	id, err := o.answer(a, w, f, got)
	o.listen(a, r, w, err)
	return id, err
}

// listen notes whose write was not answered: it has to look before it writes again.
func (o *otter) listen(a *actor, r *remoteStore, w write, err error) {
	var failed *storelink.UpstreamError
	switch {
	case w.method == http.MethodGet && err == nil:
		r.unheard = nil
	case errors.As(err, &failed) && w.method == http.MethodGet && failed.Status == http.StatusNotFound && failed.Err == nil:
		r.unheard = nil
	case failed != nil && w.method != http.MethodGet && failed.Unanswered():
		r.unheard = a
	}
}

// send lets the call take effect when its fate says, whatever becomes of its sender.
func (o *otter) send(a *actor, r *remoteStore, w write, f fate, may []string) *result {
	got := &result{}
	looked := r.looked
	land := func() {
		before := o.connected(r)
		got.id, got.err = o.effect(r, w)
		got.seq = o.sequence()
		if o.connected(r) != before {
			// What a person put there while a DELETE was under way is not what we took away.
			r.changed, r.lost = got.seq, w.method == http.MethodDelete && slices.Contains(may, before)
			o.s.logf("upstream", "%s: %q → %q", r.name, before, o.connected(r))
			if w.method == http.MethodDelete && !slices.Contains(may, before) && r.byHand <= looked {
				o.s.fail("invariant 5: a DELETE by %s took away %q of %s, and might replace %q", a.name, before, r.name, may)
			}
		}
	}
	switch {
	case f.lost:
	case f.effect == 0:
		land()
	default:
		o.s.fly(o.s.now.Add(f.effect), w.method+" "+r.name+" "+w.id, land)
	}
	return got
}

func (o *otter) effect(r *remoteStore, w write) (id string, refusal *storelink.UpstreamError) {
	var err error
	switch w.method {
	case http.MethodGet:
		id, err = o.core.GetConnection(o.principal, r.ref.BrandID, r.ref.StoreID)
	case http.MethodDelete:
		err = o.core.DeleteConnection(o.principal, r.ref.BrandID, r.ref.StoreID)
	case http.MethodPost:
		if o.refused[w.id] && o.connected(r) == "" {
			return "", &storelink.UpstreamError{Op: w.method, Status: 422, Sent: true, Message: "not this id"}
		}
		err = o.core.CreateConnection(o.principal, r.ref.BrandID, r.ref.StoreID, w.id)
	}
	var refused *sandbox.RefusalError
	if errors.As(err, &refused) {
		return "", &storelink.UpstreamError{Op: w.method, Status: refused.Status, Message: refused.Message, Sent: true}
	}
	return id, nil
}

// answer returns what the sender hears.
func (o *otter) answer(a *actor, w write, f fate, got *result) (string, error) {
	switch f.fault {
	case "":
		if got.err == nil || got.err.Status == http.StatusNotFound && w.method != http.MethodPost {
			a.heard = max(a.heard, got.seq)
		}
		if got.err != nil {
			o.s.logf(a.name, "… %d", got.err.Status)
			return "", got.err
		}
		o.s.logf(a.name, "… ok %s", got.id)
		return got.id, nil
	case resets:
		o.s.logf(a.name, "… %s", f.fault)
		return "", &storelink.UpstreamError{Op: w.method, Sent: true, Err: errors.New("connection reset by peer")}
	case hangs:
		o.s.logf(a.name, "… %s until the time-out", f.fault)
		return "", &storelink.UpstreamError{Op: w.method, Sent: true, Err: context.DeadlineExceeded}
	}
	o.s.logf(a.name, "… %s", f.fault)
	made := *codes[f.fault]
	made.Op = w.method
	return "", &made
}
