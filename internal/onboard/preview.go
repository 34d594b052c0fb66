package onboard

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"storelink"
)

// previewAtOnce is how many stores one preview looks at at the same time.
const previewAtOnce = 5

// PreviewStore says what the table knows of asks that were not made.
type PreviewStore interface {
	// Situations returns, by position, what a pass for the ask would start from, and whether its id is taken.
	Situations(ctx context.Context, organizationID string, asks []storelink.Ask) ([]storelink.Prospect, error)
}

// Looks are the reads that a preview makes.
type Looks interface {
	Connection(ctx context.Context, call storelink.Call) (string, error)
	// Store fails with status 404 where upstream does not know the store.
	Store(ctx context.Context, token storelink.AccessToken, ref storelink.StoreRef) (storelink.RemoteStore, error)
}

// SessionTokens hands out the token of a session's own grant.
type SessionTokens interface {
	Token(ctx context.Context, s storelink.Session) (storelink.AccessToken, error)
	MarkGrant(ctx context.Context, grantID, reason string) error
}

// Preview looks at each store and says what the ask would do. It changes nothing and keeps nothing.
func (s *Service) Preview(ctx context.Context, session storelink.Session, asks []storelink.Ask) ([]storelink.Preview, error) {
	token, err := s.o.Tokens.Token(ctx, session)
	if err != nil {
		return nil, err
	}
	prospects, err := s.o.Previews.Situations(ctx, session.Organization.ID, asks)
	if err != nil {
		return nil, err
	}
	previews := make([]storelink.Preview, len(asks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(previewAtOnce)
	for i, ask := range asks {
		group.Go(func() error {
			var err error
			previews[i], err = s.preview(ctx, token, ask, prospects[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, s.previewError(context.WithoutCancel(ctx), token, err)
	}
	return previews, nil
}

func (s *Service) preview(ctx context.Context, token storelink.AccessToken, ask storelink.Ask, prospect storelink.Prospect) (storelink.Preview, error) {
	preview := storelink.Preview{Ask: ask}
	observed, err := s.o.Looks.Connection(ctx, storelink.Call{Token: token, Store: ask.Store, Lane: storelink.LaneInteractive})
	if err != nil {
		return preview, err
	}
	if observed != "" {
		preview.ObservedLocalStoreID = &observed
	} else if _, err := s.o.Looks.Store(ctx, token, ask.Store); err != nil {
		var failed *storelink.UpstreamError
		if errors.As(err, &failed) && failed.Status == 404 {
			preview.Step = storelink.PreviewNotFound
			return preview, nil
		}
		return preview, err
	}
	preview.Step = previewStep(ask, observed, prospect)
	return preview, nil
}

func previewStep(ask storelink.Ask, observed string, prospect storelink.Prospect) storelink.PreviewStep {
	if prospect.Taken {
		return storelink.PreviewTaken
	}
	replaceable := observed == ask.Replaces || ask.ReplacesAny || prospect.MayReplace(observed)
	switch Plan(Situation{Desired: storelink.Want(ask.LocalStoreID), Observed: observed, MayReplace: replaceable, Repair: true}) {
	case StepPost:
		return storelink.PreviewConnect
	case StepDelete:
		return storelink.PreviewReplace
	case StepConflict:
		return storelink.PreviewConflict
	default:
		return storelink.PreviewNone
	}
}

// previewError turns an upstream failure into the error that a person sees.
func (s *Service) previewError(ctx context.Context, token storelink.AccessToken, err error) error {
	var failed *storelink.UpstreamError
	if !errors.As(err, &failed) {
		return err
	}
	switch {
	case failed.Status == 401:
		if marked := s.o.Tokens.MarkGrant(ctx, token.GrantID, "Otter did not accept it any more"); marked != nil {
			return marked
		}
		return storelink.Errorf(storelink.ErrReauthorizationRequired, "the consent has ended: sign in again").WithCause(err)
	case failed.Status == 403 && deniedCode(token) == storelink.FailScopeMissing:
		return storelink.Errorf(storelink.ErrScopeMissing, "the account may not connect stores").WithCause(err)
	case failed.Status == 403:
		return storelink.Errorf(storelink.ErrForbidden, "the account has no access to one of the stores").WithCause(err)
	case failed.Status == 0 && errors.Is(err, context.DeadlineExceeded):
		return storelink.Errorf(storelink.ErrUpstreamTimeout, "Otter did not answer in time").WithCause(err)
	}
	e := storelink.Errorf(storelink.ErrUpstreamUnavailable, "Otter does not answer at the moment").WithCause(err)
	e.RetryAfter = failed.RetryAfter
	return e
}
