package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// runShape is what tests read of a run.
type runShape struct {
	ID           string
	State        string
	WaitingFor   *string
	WaitingSince *time.Time
	Total        int
	Counts       map[string]int
	Items        []itemShape
}

type itemShape struct {
	BrandID, BrandName, StoreID, StoreName string
	LocalStoreID                           *string
	Outcome                                *string
	ObservedLocalStoreID                   *string
	Error                                  *struct{ Code, Detail string }
}

// event is one server-sent event (WHATWG HTML, section 9.2).
type event struct {
	id  string
	run runShape
}

// follower reads a run's stream.
type follower struct {
	r        *rig
	status   int
	header   http.Header
	events   chan event // closed at the stream's end
	comments chan string
	leave    context.CancelFunc
}

// follow opens a run's stream at a replica's address, "" for the first one.
func (p *person) follow(replica, runID string, headers ...string) *follower {
	p.r.t.Helper()
	return p.followAt(replica, "/api/onboard/"+runID+"/events", headers...)
}

// followAt is follow for a stream at any path of the browser's origin.
func (p *person) followAt(replica, path string, headers ...string) *follower {
	r := p.r
	r.t.Helper()
	ctx, leave := context.WithCancel(context.WithoutCancel(r.t.Context()))
	r.t.Cleanup(leave)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.origin+path, nil)
	require.NoError(r.t, err)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Cookie", p.cookie())
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{}
	if replica != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, replica)
		}
	}
	r.t.Cleanup(transport.CloseIdleConnections)
	resp, err := (&http.Client{Transport: transport}).Do(req)
	require.NoError(r.t, err)
	f := &follower{r: r, status: resp.StatusCode, header: resp.Header, leave: leave,
		events: make(chan event, 1000), comments: make(chan string, 1000)}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(f.events)
		defer func() { _ = resp.Body.Close() }()
		f.read(bufio.NewReader(resp.Body))
	})
	r.t.Cleanup(func() {
		leave()
		reading.Wait()
	})
	return f
}

func (f *follower) read(body *bufio.Reader) {
	var e event
	var data string
	for {
		line, err := body.ReadString('\n')
		if err != nil {
			return
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "\n" && data != "":
			if err := json.Unmarshal([]byte(data), &e.run); err != nil {
				f.r.t.Errorf("event %s: %v", e.id, err)
			}
			f.events <- e
			e, data = event{}, ""
		case field == "" && line != "\n":
			f.comments <- value
		case field == "id":
			e.id = value
		case field == "data":
			data += value
		}
	}
}

// next waits for the next event; ok is false at the stream's end.
func (f *follower) next() (e event, ok bool) {
	f.r.t.Helper()
	select {
	case e, ok = <-f.events:
	case <-time.After(20 * time.Second):
		require.Fail(f.r.t, "no event came, and no end")
	}
	return e, ok
}

// rest reads on to the stream's end.
func (f *follower) rest() []event {
	f.r.t.Helper()
	var events []event
	for {
		e, ok := f.next()
		if !ok {
			return events
		}
		events = append(events, e)
	}
}

// replica starts another one on the same database, and returns its public address and what stops it.
func (r *rig) replica() (address string, stop func()) {
	r.t.Helper()
	public, internal := r.listen(), r.listen()
	service, err := startService(r.t.Context(), parts{
		settings: r.settings, public: public, internal: internal, tokenPerMinute: 100_000,
		page:   fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>storelink</title>")}},
		logger: slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(r.t, err)
	stop = sync.OnceFunc(service.stop)
	r.t.Cleanup(stop)
	return public.Addr().String(), stop
}
