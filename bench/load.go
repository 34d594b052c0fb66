package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// target is a server with the requests that it is asked in turn.
type target struct {
	address  string
	requests [][]byte
}

// newTarget makes GET requests as they go over the wire. headers are names and values by turns.
func newTarget(address, host string, paths []string, headers ...string) target {
	t := target{address: address}
	var common strings.Builder
	for i := 0; i+1 < len(headers); i += 2 {
		common.WriteString(headers[i] + ": " + headers[i+1] + "\r\n")
	}
	for _, path := range paths {
		t.requests = append(t.requests, []byte("GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+common.String()+"\r\n"))
	}
	return t
}

// line is a kept connection to a target. It is as cheap as it can be: it shares the machine with what it measures.
type line struct {
	target target
	conn   net.Conn
	reader *bufio.Reader
	next   int
}

func (t target) dial(ctx context.Context) (*line, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(fmt.Errorf("set a deadline: %w", err), conn.Close())
		}
	}
	return &line{target: t, conn: conn, reader: bufio.NewReader(conn)}, nil
}

func (l *line) close() { _ = l.conn.Close() }

// ask sends the next request and reads the whole answer, which must be 200.
func (l *line) ask() error {
	request := l.target.requests[l.next%len(l.target.requests)]
	l.next++
	if _, err := l.conn.Write(request); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	resp, err := http.ReadResponse(l.reader, nil)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK || len(body) == 0 {
		return fmt.Errorf("status %d: %.300s", resp.StatusCode, body)
	}
	return nil
}

// timed returns how long one answer takes.
func (l *line) timed() (time.Duration, error) {
	began := time.Now()
	err := l.ask()
	return time.Since(began), err
}

// tally is how many answers came in how much time.
type tally struct {
	answers int
	took    time.Duration
}

func (t tally) perSecond() float64 { return float64(t.answers) / t.took.Seconds() }

// oneByOne asks each request once, and returns how long each answer took.
func (t target) oneByOne(ctx context.Context) ([]time.Duration, error) {
	return t.times(ctx, len(t.requests))
}

// times asks so often, the requests in turn, after a few whose time does not count.
func (t target) times(ctx context.Context, n int) ([]time.Duration, error) {
	l, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer l.close()
	for range min(warmUps, len(t.requests)) {
		if err := l.ask(); err != nil {
			return nil, err
		}
	}
	times := make([]time.Duration, n)
	for i := range times {
		if times[i], err = l.timed(); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// load asks with so many clients at once for so long, and adds what came to the tally.
func (t target) load(ctx context.Context, clients int, d time.Duration, sum *tally) error {
	_, err := t.timedLoad(ctx, clients, d, sum)
	return err
}

// timedLoad is load, and returns how long each answer took.
func (t target) timedLoad(ctx context.Context, clients int, d time.Duration, sum *tally) ([]time.Duration, error) {
	var lines []*line
	defer func() {
		for _, l := range lines {
			l.close()
		}
	}()
	for i := range clients {
		l, err := t.dial(ctx)
		if err != nil {
			return nil, err
		}
		l.next = i * len(t.requests) / clients
		lines = append(lines, l)
	}
	times, failures := make([][]time.Duration, clients), make([]error, clients)
	began := time.Now()
	end := began.Add(d)
	var group sync.WaitGroup
	for i, l := range lines {
		group.Go(func() {
			for failures[i] == nil && time.Now().Before(end) && ctx.Err() == nil {
				var took time.Duration
				took, failures[i] = l.timed()
				times[i] = append(times[i], took)
			}
		})
	}
	group.Wait()
	sum.took += time.Since(began)
	all := slices.Concat(times...)
	sum.answers += len(all)
	return all, errors.Join(errors.Join(failures...), ctx.Err())
}
