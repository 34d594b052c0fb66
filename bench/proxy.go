package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

// peerFlag makes this program the peer: a process of its own, as storelink is.
const peerFlag = "peer"

const (
	proxyAddr  = "BENCH_ADDR"
	proxyTo    = "BENCH_UPSTREAM"
	proxyToken = "BENCH_AUTHORIZATION"
)

func proxySettings(s *setup) []string {
	return []string{proxyAddr + "=" + s.proxyAddr, proxyTo + "=" + s.sandboxURL, proxyToken + "=" + s.direct.header.Get("Authorization")}
}

// serveProxy is the least that a proxy in front of upstream has to do: it puts the bearer token on each request. It
// keeps as many connections to upstream as storelink's own client does.
func serveProxy(ctx context.Context) error {
	upstream, err := url.Parse(os.Getenv(proxyTo))
	if err != nil {
		return fmt.Errorf("read the upstream's address: %w", err)
	}
	token := os.Getenv(proxyToken)
	server := &http.Server{
		Addr:              os.Getenv(proxyAddr),
		ReadHeaderTimeout: 5 * time.Second,
		Handler: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(upstream)
				r.Out.Header.Set("Authorization", token)
			},
			Transport: &http.Transport{MaxIdleConns: 64, MaxIdleConnsPerHost: 32},
		},
	}
	done := make(chan error, 1)
	go func() { done <- server.ListenAndServe() }()
	select {
	case <-ctx.Done():
		_ = server.Close() // nobody waits for an answer any more
		err = <-done
	case err = <-done:
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the reverse proxy: %w", err)
}
