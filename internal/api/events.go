package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"storelink"
	"storelink/internal/api/gen/public"
)

const (
	eventGap      = 250 * time.Millisecond // at most four events a second
	eventPoll     = time.Second            // a lost notification costs a moment
	eventComment  = 15 * time.Second       // keeps the way open through proxies
	eventAlive    = 5 * time.Second        // how long a stream outlives its session at most
	eventPatience = 15 * time.Second       // of one look, and of a client that does not read
	eventItems    = 500                    // of an event that are in memory at once
	streamsPerOrg = 20                     // on this replica
	streamRetry   = time.Second            // when a client that lost its stream comes again
)

// Followed tells of a run's changes.
type Followed interface {
	Run(ctx context.Context, organizationID, runID string) (storelink.Run, error)
	// Watch returns a channel that tells when the run may have changed; changes may be lost.
	Watch(runID string) (changed <-chan struct{}, stop func())
	ChangedItems(ctx context.Context, runID string, after storelink.ItemMark, upTo int64, limit int) ([]storelink.Item, error)
}

// streams counts the open streams by organization, and ends them all when the process is to end.
type streams struct {
	ending chan struct{}
	end    func()

	mu   sync.Mutex
	open map[string]int
}

func newStreams() *streams {
	s := &streams{ending: make(chan struct{}), open: map[string]int{}}
	s.end = sync.OnceFunc(func() { close(s.ending) })
	return s
}

// enter takes one of the organization's streams, until leave is called.
func (s *streams) enter(organizationID string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[organizationID] >= streamsPerOrg {
		e := storelink.Errorf(storelink.ErrTooManyRequests, "%d runs are followed already: ask for the run itself.", streamsPerOrg)
		e.RetryAfter = eventComment
		return nil, e
	}
	s.open[organizationID]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[organizationID]--; s.open[organizationID] == 0 {
			delete(s.open, organizationID)
		}
	}, nil
}

type eventHandlers struct {
	followed Followed
	sessions Sessions
	streams  *streams
}

// FollowRun answers GET /api/onboard/{runId}/events.
func (h eventHandlers) FollowRun(ctx context.Context, r public.FollowRunRequestObject) (public.FollowRunResponseObject, error) {
	session, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	since, err := parseEventID(r.Params.LastEventID)
	if err != nil {
		return nil, err
	}
	shown, over, err := followAfter(ctx, h.followed, session.Organization.ID, r.RunId, since)
	switch {
	case err != nil:
		return nil, err
	case over:
		return public.FollowRun204Response{}, nil
	}
	return &runStream{
		ctx: ctx, followed: h.followed, streams: h.streams, viewer: session.Organization.ID, organizationID: session.Organization.ID,
		alive: func(ctx context.Context) error { return h.sessions.SessionAlive(ctx, session.ID) },
		shape: func(run storelink.Run) any { return runSummary(run) },
		shown: shown,
	}, nil
}

// followAfter returns the run as a client knows it whose last event was since, and whether there is nothing left to tell.
func followAfter(ctx context.Context, followed Followed, organizationID, runID string, since int64) (shown storelink.Run, over bool, err error) {
	shown, err = followed.Run(ctx, organizationID, strings.ToLower(runID))
	if err != nil {
		return shown, false, err
	}
	if since > shown.Version {
		return shown, false, invalid(storelink.FieldError{Pointer: "Last-Event-ID", Detail: "is of no event of this run"})
	}
	over = since == shown.Version && shown.State == storelink.RunDone
	shown.Version = since
	return shown, over, nil
}

// parseEventID reads the id of the last event that a client saw, 0 where it saw none.
func parseEventID(given *string) (int64, error) {
	if given == nil {
		return 0, nil
	}
	version, err := strconv.ParseInt(*given, 10, 64)
	if err != nil || strconv.FormatInt(version, 10) != *given || version < 0 {
		return 0, invalid(storelink.FieldError{Pointer: "Last-Event-ID", Detail: "is of no event of this run"})
	}
	return version, nil
}

// runStream is an answer that goes on until the run is done, the session has ended, the client is gone, or the process
// is to end.
type runStream struct {
	ctx            context.Context // the request's: an answer is written after its handler returned
	followed       Followed
	streams        *streams
	viewer         string                      // whose streams it counts among
	organizationID string                      // whose run it is; empty: anybody's
	alive          func(context.Context) error // ErrNotSignedIn once the viewer may follow no longer
	shape          func(storelink.Run) any     // the run as this listener shows it, without its items
	shown          storelink.Run               // what the client knows

	out     *bufio.Writer
	control *http.ResponseController
}

// VisitFollowRunResponse implements public.FollowRunResponseObject. The generated answer would keep events back until
// there are enough of them to fill a buffer.
func (s *runStream) VisitFollowRunResponse(w http.ResponseWriter) error {
	leave, err := s.streams.enter(s.viewer)
	if err != nil {
		return err
	}
	defer leave()
	s.out, s.control = bufio.NewWriter(w), http.NewResponseController(w)
	// The server's read deadline would end the request's context. A recorder has none, and that is its only error here.
	_ = s.control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if isHead(s.ctx) {
		return nil
	}
	changed, stop := s.followed.Watch(s.shown.ID)
	defer stop()
	if err := s.write(fmt.Sprintf("retry: %d\n\n", streamRetry.Milliseconds())); err != nil {
		return err
	}
	return s.follow(changed)
}

// VisitFollowAnyRunResponse implements operator.FollowAnyRunResponseObject.
func (s *runStream) VisitFollowAnyRunResponse(w http.ResponseWriter) error {
	return s.VisitFollowRunResponse(w)
}

func (s *runStream) follow(changed <-chan struct{}) error {
	poll, comment, alive := time.NewTicker(eventPoll), time.NewTicker(eventComment), time.NewTicker(eventAlive)
	defer poll.Stop()
	defer comment.Stop()
	defer alive.Stop()
	done, err := s.look()
	gap := time.NewTimer(eventGap)
	defer gap.Stop()
	var ready <-chan struct{} // changed, but for the gap after each look
	for !done && err == nil {
		look := false
		select {
		case <-s.ctx.Done():
			return nil
		case <-s.streams.ending:
			return nil
		case <-gap.C:
			ready = changed
		case <-ready:
			look = true
		case <-poll.C:
			look = ready != nil
		case <-comment.C:
			err = s.write(":\n\n")
		case <-alive.C:
			done, err = s.ended()
		}
		if look {
			done, err = s.look()
			ready = nil
			gap.Reset(eventGap)
		}
	}
	if s.ctx.Err() != nil {
		return nil
	}
	return err
}

// ended reports whether the session has.
func (s *runStream) ended() (bool, error) {
	ctx, cancel := context.WithTimeout(s.ctx, eventPatience)
	defer cancel()
	err := s.alive(ctx)
	if storelink.CodeOf(err) == storelink.ErrNotSignedIn {
		return true, nil
	}
	return false, err
}

// look sends an event where the client knows less than there is, and reports whether the run is done.
func (s *runStream) look() (bool, error) {
	ctx, cancel := context.WithTimeout(s.ctx, eventPatience)
	defer cancel()
	run, err := s.followed.Run(ctx, s.organizationID, s.shown.ID)
	if err != nil {
		return false, err
	}
	if run.Version > s.shown.Version || run.State != s.shown.State || run.WaitingFor != s.shown.WaitingFor {
		if err := s.event(run); err != nil {
			return false, err
		}
	}
	s.shown = run
	return run.State == storelink.RunDone, nil
}

// event writes a snapshot of the run's counts with the items that changed since what was shown. A client that loses the
// stream on the way has not got the event, nor its id: it comes back with the id before.
func (s *runStream) event(run storelink.Run) error {
	snapshot, err := json.Marshal(s.shape(run))
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	// The items come last, page by page, within the same object.
	open := snapshot[:len(snapshot)-1]
	if err := s.write(fmt.Sprintf("id: %d\ndata: %s,\"items\":[", run.Version, open)); err != nil {
		return err
	}
	after := storelink.ItemMark{Version: s.shown.Version, Number: storelink.MaxItems}
	for separator := ""; ; separator = "," {
		ctx, cancel := context.WithTimeout(s.ctx, eventPatience)
		items, err := s.followed.ChangedItems(ctx, run.ID, after, run.Version, eventItems)
		cancel()
		if err != nil {
			return err
		}
		if len(items) == 0 {
			break
		}
		after = items[len(items)-1].Mark()
		text, err := json.Marshal(each(items, itemShape))
		if err != nil {
			return fmt.Errorf("encode items: %w", err)
		}
		if err := s.write(separator + string(text[1:len(text)-1])); err != nil {
			return err
		}
		if len(items) < eventItems {
			break
		}
	}
	return s.write("]}\n\n")
}

// write sends at once. A client that does not read for a while loses the stream.
func (s *runStream) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(eventPatience))
	if _, err := s.out.WriteString(text); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("flush event: %w", err)
	}
	return nil
}
