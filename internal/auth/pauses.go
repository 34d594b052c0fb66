package auth

import (
	"sync"
	"time"
)

// pauses remembers, in this process alone, which grants are not to be refreshed for a while. Its zero value is ready.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *pauses) hold(id string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	for other, t := range p.until {
		if t.Before(now) {
			delete(p.until, other)
		}
	}
	p.until[id] = now.Add(d)
}

func (p *pauses) holds(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until[id].After(time.Now())
}
