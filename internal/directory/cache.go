package directory

import (
	"context"
	"errors"
	"time"

	"github.com/maypok86/otter/v2"

	"storelink"
)

// key names an answer of upstream. The grant is part of it: what one grant was shown is for that grant alone.
type key struct {
	grant, call, brand, store string
}

type loaded struct {
	at    time.Time // before upstream was asked
	value any
}

// newCache keeps answers until they are ttl old, counted from before they were asked for.
func newCache(ttl time.Duration) *otter.Cache[key, loaded] {
	return otter.Must(&otter.Options[key, loaded]{
		MaximumWeight: cacheRows,
		Weigher: func(_ key, l loaded) uint32 {
			if many, ok := l.value.(interface{ size() int }); ok {
				return uint32(many.size()) + 1 //nolint:gosec // a list of that many rows fits into no answer
			}
			return 1
		},
		// A lifetime has to be above zero; a nanosecond serves those who waited for the load, and nobody after them.
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[key, loaded]) time.Duration {
			return max(ttl-time.Since(e.Value.at), time.Nanosecond)
		}),
	})
}

// cached returns the answer under k and when it was asked for, loading it where need be. One load runs at a time for a
// key, and goes on for the others when a caller leaves. Errors are not kept.
func cached[T any](ctx context.Context, s *Service, k key, load func(ctx context.Context) (T, error)) (T, time.Time, error) {
	var none T
	if known, ok := s.cache.GetIfPresent(k); ok {
		return known.value.(T), known.at, nil
	}
	loader := otter.LoaderFunc[key, loaded](func(ctx context.Context, _ key) (loaded, error) {
		at := time.Now()
		value, err := load(ctx)
		return loaded{at: at, value: value}, err
	})
	type result struct {
		loaded
		err error
	}
	done := make(chan result, 1)
	started := s.background.start(loadTimeout, func(ctx context.Context) {
		l, err := s.cache.Get(ctx, k, loader)
		done <- result{l, err}
	})
	if !started {
		return none, time.Time{}, storelink.Errorf(storelink.ErrUpstreamUnavailable, "The service is about to stop.")
	}
	select {
	case r := <-done:
		if r.err != nil {
			return none, time.Time{}, interrupted(r.err)
		}
		return r.value.(T), r.at, nil
	case <-ctx.Done():
		return none, time.Time{}, interrupted(ctx.Err())
	}
}

// interrupted turns the end of a deadline into storelink.ErrUpstreamTimeout; other errors pass.
func interrupted(err error) error {
	var coded *storelink.Error
	if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &coded) {
		return storelink.Errorf(storelink.ErrUpstreamTimeout, "Otter did not answer in time.").WithCause(err)
	}
	return err
}
