package auth

import (
	"context"
	"errors"
	"time"

	"storelink"
)

// TokenBudget is the token endpoint's budget, shared by all replicas behind one egress address. Zero: the slot is
// taken; else how long to wait before asking again.
type TokenBudget interface {
	TakeSigninSlot(ctx context.Context, egress string, limit int, signinID string, parked bool) (time.Duration, error)
	TakeRefreshSlot(ctx context.Context, egress string, limit int) (time.Duration, error)
}

const (
	// maxInline is how long a callback may wait for its slot before it goes to the waiting page.
	maxInline = time.Second
	// askAgain is how often a waiting browser asks. A free slot is kept for each longer than this.
	askAgain = 3 * time.Second
	// maxWaiting and maxWaitingPerAddress bound the queue; far fewer can be served before their codes expire.
	maxWaiting           = 100
	maxWaitingPerAddress = 5
)

// proceed exchanges the code where it is the sign-in's turn, and parks it elsewise.
func (s *Service) proceed(ctx context.Context, signin storelink.Signin, code string) (Outcome, error) {
	var waited time.Duration
	for {
		wait, err := s.store.TakeSigninSlot(ctx, s.egress, s.perMinute, signin.ID, false)
		switch {
		case err != nil:
			return Outcome{}, over(SlugFailed, signin, err)
		case wait == 0:
			return s.complete(ctx, signin, code)
		case waited+wait > maxInline:
			return s.park(ctx, signin, code, wait)
		}
		waited += wait
		if err := pause(ctx, wait); err != nil {
			return Outcome{}, over(SlugFailed, signin, err)
		}
	}
}

func (s *Service) park(ctx context.Context, signin storelink.Signin, code string, wait time.Duration) (Outcome, error) {
	sealed, err := s.sealer.Seal(code, signin.ID, "", fieldCode)
	if err != nil {
		return Outcome{}, over(SlugFailed, signin, err)
	}
	if err := s.store.ParkSignin(ctx, s.egress, signin.ID, sealed, maxWaitingPerAddress, maxWaiting); err != nil {
		return Outcome{}, over(SlugFailed, signin, err)
	}
	return waiting(wait), nil
}

// Continue goes on with the waiting sign-in of the browser secret. It may be called as often as a browser likes. A
// sign-in that waited past storelink.SigninPatience is over (SlugExpired). Errors are always *SigninError.
func (s *Service) Continue(ctx context.Context, browserSecret string) (Outcome, error) {
	if !isSecret(browserSecret) {
		return Outcome{}, &SigninError{Slug: SlugInvalid, Err: errors.New("no sign-in waits here"), ClearSignin: true}
	}
	signin, err := s.store.FindSigninByBrowser(ctx, hashSecret(browserSecret))
	switch {
	case storelink.CodeOf(err) == storelink.ErrNotFound:
		return Outcome{}, &SigninError{Slug: SlugInvalid, Err: errors.New("no sign-in waits here"), ClearSignin: true}
	case err != nil:
		return Outcome{}, &SigninError{Slug: SlugFailed, Err: err}
	case signin.SealedCode == nil:
		return Outcome{}, over(SlugExpired, signin, errors.New("the sign-in is not waiting any more"))
	case signin.SinceCallback > storelink.SigninPatience:
		return Outcome{}, over(SlugExpired, signin, s.store.ForgetCode(ctx, signin.ID))
	}
	wait, err := s.store.TakeSigninSlot(ctx, s.egress, s.perMinute, signin.ID, true)
	switch {
	case storelink.CodeOf(err) == storelink.ErrConflict:
		return Outcome{}, over(SlugExpired, signin, err)
	case err != nil:
		return Outcome{}, &SigninError{Slug: SlugFailed, Err: err, ReturnTo: signin.ReturnTo}
	case wait > 0:
		return waiting(wait), nil
	}
	code, err := s.sealer.Open(signin.SealedCode, signin.ID, "", fieldCode)
	if err != nil {
		return Outcome{}, over(SlugFailed, signin, err)
	}
	return s.complete(ctx, signin, code)
}

func waiting(wait time.Duration) Outcome {
	return Outcome{Waiting: true, WaitFor: min(max(wait, time.Second), askAgain)}
}

// pause waits for d or the end of ctx, whose error it returns.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
