package api

import (
	"sync"
	"time"

	"storelink"
)

const (
	guessesPerMinute = 20     // wrong tokens of one address
	guessers         = 10_000 // addresses that are told apart
)

// guesses counts the wrong tokens that were tried at the console's sign-in, by the client's address and minute, on this
// replica. Whoever has tried too many is not told whether the next one is right.
type guesses struct {
	mu    sync.Mutex
	began time.Time
	wrong map[string]int
}

// allow returns storelink.ErrTooManyRequests where the address has to wait.
func (g *guesses) allow(address string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	since := time.Since(g.began)
	if since >= time.Minute {
		g.began, g.wrong, since = time.Now(), map[string]int{}, 0
	}
	if g.wrong[g.who(address)] < guessesPerMinute {
		return nil
	}
	err := storelink.Errorf(storelink.ErrTooManyRequests, "Too many wrong tokens came from this address.")
	err.RetryAfter = time.Minute - since
	return err
}

// missed counts a wrong token; allow was called before.
func (g *guesses) missed(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wrong[g.who(address)]++
}

// who is the address, or what all those share that came when there were too many to tell apart.
func (g *guesses) who(address string) string {
	if _, known := g.wrong[address]; !known && len(g.wrong) >= guessers {
		return ""
	}
	return address
}
