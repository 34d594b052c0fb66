package directory

import (
	"sync"
	"time"
)

const (
	// shownFor is how long a failure is told to everybody who asks. It is told once in any case.
	shownFor = 5 * time.Second
	// failurePause is how long an old snapshot is good enough after a load failed.
	failurePause = 30 * time.Second
	// failureLife is the age from which on a failure that nobody asked about says nothing any more.
	failureLife = time.Minute
)

// failures remembers why the loads of snapshots failed, by grant: another grant may do better.
type failures struct {
	mu      sync.Mutex
	byGrant map[string]failure
}

type failure struct {
	err error
	at  time.Time
}

func (f *failures) note(grantID string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byGrant == nil {
		f.byGrant = map[string]failure{}
	}
	for id, old := range f.byGrant {
		if time.Since(old.at) > failureLife {
			delete(f.byGrant, id)
		}
	}
	f.byGrant[grantID] = failure{err: err, at: time.Now()}
}

// show returns the error of a load that failed lately, or nil where another may begin.
func (f *failures) show(grantID string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.byGrant[grantID]
	age := time.Since(last.at)
	if !ok || age > failureLife {
		return nil
	}
	if age > shownFor {
		delete(f.byGrant, grantID)
	}
	return last.err
}

// recent reports whether a load failed so lately that another should wait.
func (f *failures) recent(grantID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.byGrant[grantID]
	return ok && time.Since(last.at) < failurePause
}
