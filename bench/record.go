package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// upstreamCall is a call as the sandbox's record has it.
type upstreamCall struct {
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	LocalID string    `json:"localId"`
	Status  int       `json:"status"`
	Effect  bool      `json:"effect"`
}

func (c upstreamCall) authenticated() bool { return strings.HasPrefix(c.Path, "/organization/") }

func (c upstreamCall) of(store remoteStore) bool {
	return strings.HasSuffix(c.Path, store.StoreID+"/connection")
}

// record returns the sandbox's latest calls, oldest first: at most 10,000.
func (s *setup) record(ctx context.Context) ([]upstreamCall, error) {
	a, err := newClient(s.sandboxURL).call(ctx, http.MethodGet, "/_sandbox/calls", nil)
	if err == nil {
		err = a.expect(http.StatusOK)
	}
	if err != nil {
		return nil, err
	}
	var calls []upstreamCall
	if err := json.Unmarshal(a.body, &calls); err != nil {
		return nil, fmt.Errorf("read the sandbox's calls: %w", err)
	}
	return calls, nil
}

// connectedTo returns the id that the store is connected to upstream, or "".
func (s *setup) connectedTo(ctx context.Context, store remoteStore) (string, error) {
	a, err := newClient(s.sandboxURL).call(ctx, http.MethodGet, "/_sandbox/connections/"+store.StoreID, nil)
	if err != nil || a.status == http.StatusNotFound {
		return "", err
	}
	if err := a.expect(http.StatusOK); err != nil {
		return "", err
	}
	var link struct{ LocalStoreID string }
	if err := json.Unmarshal(a.body, &link); err != nil {
		return "", fmt.Errorf("read the sandbox's connection: %w", err)
	}
	return link.LocalStoreID, nil
}

// pace is what the sandbox's record says of the rate of calls.
type pace struct {
	calls     int
	perSecond float64
	throttled int
	densest   int // most calls in any sliding second
}

func paceOf(calls []upstreamCall) pace {
	var p pace
	var times []time.Time
	for _, c := range calls {
		if !c.authenticated() {
			continue
		}
		times = append(times, c.At)
		if c.Status == http.StatusTooManyRequests {
			p.throttled++
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	p.calls = len(times)
	first := 0
	for i, at := range times {
		for at.Sub(times[first]) >= time.Second {
			first++
		}
		p.densest = max(p.densest, i-first+1)
	}
	if len(times) > 1 {
		p.perSecond = float64(len(times)-1) / times[len(times)-1].Sub(times[0]).Seconds()
	}
	return p
}
