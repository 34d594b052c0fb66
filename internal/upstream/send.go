package upstream

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"storelink"
)

// newTransport returns a transport with limits that fit one upstream host.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// send hands the request to the transport itself, below http.Client: there is nothing that could follow a redirect,
// keep a cookie or add a header of somebody else's.
//
// The transport may by itself repeat a request on a new connection where a kept one turns out dead. A GET is repeated
// at will; a DELETE only where not a byte of it was written, and a POST never, as its body cannot be read twice.
func (c *Client) send(ctx context.Context, r request) *storelink.UpstreamError {
	failed := &storelink.UpstreamError{Op: r.op}
	var reached atomic.Bool
	req, err := c.build(traced(ctx, &reached), r)
	if err != nil {
		failed.Err = err
		return failed
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		failed.Sent, failed.Err = reached.Load(), err
		return failed
	}
	defer resp.Body.Close()
	failed.Sent, failed.Status = true, resp.StatusCode
	if resp.StatusCode/100 != 2 {
		describe(failed, resp, r.token.Value)
		return failed
	}
	if r.decode == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.limit+1))
	switch {
	case err != nil:
		failed.Status, failed.Err = 0, err
	case int64(len(body)) > r.limit:
		failed.Err = errTooLarge
	default:
		failed.Err = r.decode(body)
	}
	if failed.Err != nil {
		return failed
	}
	return nil
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, errUnbuildable // its text would hold the address
	}
	req.GetBody = nil
	req.Header.Set("Authorization", "Bearer "+r.token.Value)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "storelink")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// traced notes whether the request had a connection to be written to. A second search for a connection means that the
// first one got nothing of a write; a read does not care.
func traced(ctx context.Context, reached *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { reached.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { reached.Store(true) },
	})
}
