package sandbox

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// limits are the sliding windows of the contract's rate limits.
type limits struct {
	data, token, store windows
}

// windows holds one sliding window per key. Only admitted calls count.
type windows struct {
	mu   sync.Mutex
	seen map[string][]time.Time
}

const pruneWindowsAt = 1024

func (w *windows) admit(key string, most int, length time.Duration, clock func() time.Time) bool {
	if most <= 0 {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := clock()
	if w.seen == nil {
		w.seen = map[string][]time.Time{}
	}
	if len(w.seen) >= pruneWindowsAt {
		w.prune(now.Add(-length))
	}
	times := w.seen[key]
	for len(times) > 0 && now.Sub(times[0]) >= length {
		times = times[1:]
	}
	admitted := len(times) < most
	if admitted {
		times = append(times, now)
	}
	w.seen[key] = times
	return admitted
}

func (w *windows) prune(before time.Time) {
	for key, times := range w.seen {
		if len(times) == 0 || !times[len(times)-1].After(before) {
			delete(w.seen, key)
		}
	}
}

// admit says whether a call is within the limits. There is one application, so the address alone is the key of the first
// two. Pages that a browser shows are not limited.
func (s *Sandbox) admit(r *http.Request) bool {
	set := s.Settings()
	address := remoteAddress(r)
	switch {
	case r.URL.Path == tokenPath:
		return s.limits.token.admit(address, set.TokenPerMinute, time.Minute, s.clock)
	case !strings.HasPrefix(r.URL.Path, organizationPath):
		return true
	case !s.limits.data.admit(address, set.RatePerSecond, time.Second, s.clock):
		return false
	}
	_, store, ok := strings.Cut(r.URL.Path, "/stores/")
	return !ok || s.limits.store.admit(r.Method+" "+store, set.StorePerMinute, time.Minute, s.clock)
}

func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
