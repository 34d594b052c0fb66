package store

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// limits keeps the booked slots of each organization below maxBooked, first come first served.
type limits struct {
	mu sync.Mutex
	of map[string]*limit
}

type limit struct {
	*semaphore.Weighted
	callers int // that hold a place or wait for one
}

// enter waits for a place of the organization; leave gives it back.
func (l *limits) enter(ctx context.Context, organizationID string) (leave func(), err error) {
	mine := l.join(organizationID)
	if err := mine.Acquire(ctx, 1); err != nil {
		l.part(organizationID, mine)
		return nil, err
	}
	return func() {
		mine.Release(1)
		l.part(organizationID, mine)
	}, nil
}

func (l *limits) join(organizationID string) *limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.of[organizationID]
	if mine == nil {
		if l.of == nil {
			l.of = map[string]*limit{}
		}
		mine = &limit{Weighted: semaphore.NewWeighted(maxBooked)}
		l.of[organizationID] = mine
	}
	mine.callers++
	return mine
}

func (l *limits) part(organizationID string, mine *limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if mine.callers--; mine.callers == 0 {
		delete(l.of, organizationID)
	}
}

// turns lets one caller in at a time: organizations in turn, each organization's callers in the order they came.
type turns struct {
	mu      sync.Mutex
	taken   bool
	order   []string // organizations that wait, the next one first
	waiting map[string][]chan struct{}
}

// enter waits for the caller's turn; leave passes it on.
func (t *turns) enter(ctx context.Context, organizationID string) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return t.pass, nil
	}
	mine := make(chan struct{})
	if t.waiting == nil {
		t.waiting = map[string][]chan struct{}{}
	}
	if len(t.waiting[organizationID]) == 0 {
		t.order = append(t.order, organizationID)
	}
	t.waiting[organizationID] = append(t.waiting[organizationID], mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return t.pass, nil
	case <-ctx.Done():
		t.withdraw(organizationID, mine)
		return nil, ctx.Err()
	}
}

// pass gives the turn to the next organization's first caller, and sends that organization to the end of the order.
func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		t.taken = false
		return
	}
	next := t.order[0]
	t.order = t.order[1:]
	queue := t.waiting[next]
	if len(queue) > 1 {
		t.waiting[next] = queue[1:]
		t.order = append(t.order, next)
	} else {
		delete(t.waiting, next)
	}
	close(queue[0])
}

// withdraw takes a caller out, or passes its turn on where it got it meanwhile.
func (t *turns) withdraw(organizationID string, mine chan struct{}) {
	t.mu.Lock()
	queue := t.waiting[organizationID]
	i := slices.Index(queue, mine)
	if i < 0 {
		t.mu.Unlock()
		t.pass()
		return
	}
	defer t.mu.Unlock()
	if len(queue) > 1 {
		t.waiting[organizationID] = slices.Delete(queue, i, i+1)
		return
	}
	delete(t.waiting, organizationID)
	t.order = slices.DeleteFunc(t.order, func(id string) bool { return id == organizationID })
}
