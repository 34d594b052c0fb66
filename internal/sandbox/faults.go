package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// When a Fault's Drop closes the connection.
const (
	DropBefore = "before" // the call never takes effect
	DropAfter  = "after"  // the call has taken effect, and nobody hears of it
)

// Fault says what happens to the next calls that match, in this order: Delay, then the effect where there is one, then
// the answer, the hanging or the drop. A fault with Delay alone leaves the answer as it is. Throttled calls (429 of the
// sandbox's own limits) use no fault up.
//
// Note that net/http's transport repeats a GET on a reused connection by itself where that was closed without an answer:
// dropping one GET for such a client takes Times 2.
type Fault struct {
	Method string // empty: any
	// PathPattern is a regular expression (RE2) that must be found in the path, anywhere unless it says ^ or $: so
	// "/connection$" or simply a store's id. Empty: any upstream path.
	PathPattern string

	Status      int    // answered instead of the real status; 0: see Drop, Hang and Delay
	Body        string // with Status; default: an error in upstream's shape
	ContentType string // with Status; default: by the body, text/html where it begins with "<", else application/json
	RetryAfter  string // with Status: that header, seconds or a date

	Drop string // DropBefore or DropAfter: close the connection without an answer
	Hang bool   // hold the call without an answer until its client gives up or the sandbox closes

	AfterEffect bool          // with Status or Hang: the call takes effect first
	Delay       time.Duration // wait before anything else; a client that gives up meanwhile does not stop the call
	LateEffect  time.Duration // the call takes effect this much after its answer; without Status or Hang it is dropped

	Times int // how many matching calls; 0 = 1, negative = until cleared

	path *regexp.Regexp
}

func (f *Fault) check() error {
	re, err := regexp.Compile(f.PathPattern)
	switch {
	case err != nil:
		return fmt.Errorf("fault's path pattern: %w", err)
	case f.Drop != "" && f.Drop != DropBefore && f.Drop != DropAfter:
		return errors.New(`fault's drop must be "before" or "after"`)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("fault's status must be from 200 to 599")
	case f.Drop != "" && (f.Status != 0 || f.Hang) || f.Hang && f.Status != 0:
		return errors.New("a fault has one of status, drop and hang")
	case f.Delay < 0 || f.LateEffect < 0:
		return errors.New("fault's times must not be negative")
	case f.LateEffect > 0 && (f.AfterEffect || f.Drop == DropAfter):
		return errors.New("a fault's effect is either late or not")
	case f.Status == 0 && f.Drop == "" && !f.Hang && f.Delay == 0 && f.LateEffect == 0:
		return errors.New("a fault needs a status, drop, hang, delay or late effect")
	}
	f.path = re
	if f.Times == 0 {
		f.Times = 1
	}
	return nil
}

type faultList struct {
	mu     sync.Mutex
	faults []*Fault
}

func (l *faultList) add(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, &f)
	return nil
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

func (l *faultList) list() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Fault, len(l.faults))
	for i, f := range l.faults {
		all[i] = *f
	}
	return all
}

// take uses up one time of the first fault that matches, and returns that fault or nil.
func (l *faultList) take(method, path string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.faults {
		if f.Method != "" && !strings.EqualFold(f.Method, method) || !f.path.MatchString(path) {
			continue
		}
		if f.Times > 0 {
			f.Times--
			if f.Times == 0 {
				l.faults = slices.Delete(l.faults, i, i+1)
			}
		}
		taken := *f
		return &taken
	}
	return nil
}

// answer is what a fault with a status says.
func (f *Fault) answer() *buffer {
	b := newBuffer()
	body := f.Body
	if body == "" && f.Status >= http.StatusBadRequest {
		b.refuse(refuse(f.Status, http.StatusText(f.Status)))
		body = b.body.String()
		b.body.Reset()
	}
	kind := f.ContentType
	switch {
	case kind != "":
	case strings.HasPrefix(strings.TrimSpace(body), "<"):
		kind = "text/html; charset=utf-8"
	default:
		kind = "application/json"
	}
	if f.RetryAfter != "" {
		b.Header().Set("Retry-After", f.RetryAfter)
	}
	b.Header().Set("Content-Type", kind)
	b.status = f.Status
	b.body.WriteString(body)
	return b
}
