package onboard

import (
	"context"

	"storelink"
)

// Watch returns a channel that tells when the run may have changed, and what ends the watch. Several changes may come
// as one, and one that another replica made while the notifications were interrupted does not come at all.
func (s *Service) Watch(runID string) (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[runID] == nil {
		s.waiting[runID] = map[chan struct{}]struct{}{}
	}
	s.waiting[runID][c] = struct{}{}
	return c, func() { s.unwatch(runID, c) }
}

func (s *Service) unwatch(runID string, c chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting[runID], c)
	if len(s.waiting[runID]) == 0 {
		delete(s.waiting, runID)
	}
}

// Changed tells those who watch the run to look again. It never blocks.
func (s *Service) Changed(runID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.waiting[runID] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// ChangedItems returns at most limit items of a run that changed after the mark and up to a version of the run, in the
// order of their changes. Whose run it is has been looked at before: by Run.
func (s *Service) ChangedItems(ctx context.Context, runID string, after storelink.ItemMark, upTo int64, limit int) ([]storelink.Item, error) {
	return s.o.Runs.ChangedItems(ctx, runID, after, upTo, limit)
}

// Cancel ends the items of the organization's run that no pass has begun with, and returns the run as it stands then.
// Errors are those of store.DB.Cancel.
func (s *Service) Cancel(ctx context.Context, by storelink.Asker, runID string) (storelink.Run, error) {
	if err := s.o.Runs.Cancel(ctx, by, runID); err != nil {
		return storelink.Run{}, err
	}
	s.o.Wake()
	return s.o.Runs.FindRun(ctx, by.OrganizationID, runID)
}
