package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"time"

	"storelink"
)

// The slugs of sign-ins that failed, as the page knows them.
const (
	SlugConsentDenied = "consent-denied"
	SlugExpired       = "sign-in-expired"
	SlugInvalid       = "sign-in-invalid"
	SlugFailed        = "sign-in-failed"
)

// Callback is a browser's return from consent.
type Callback struct {
	Query         url.Values
	BrowserSecret string // of the sign-in cookie; empty where there is none
	ClientAddress string
}

// Outcome says how a sign-in goes on: it is done (SessionCookie is to be set and the sign-in cookie cleared, the browser
// goes to ReturnTo), or it waits for its turn at the token endpoint and is to ask again after WaitFor.
type Outcome struct {
	SessionCookie string
	ReturnTo      string
	Waiting       bool
	WaitFor       time.Duration
}

// SigninError says why a sign-in came to nothing. The session that the browser had lives on.
type SigninError struct {
	Slug        string // one of the Slug constants
	Err         error  // the cause, for the log; may be nil
	ClearSignin bool   // the sign-in cookie serves nothing any more
	ReturnTo    string // where a new sign-in should return to; empty: not known
}

// Error names the slug and the cause: for logs.
func (e *SigninError) Error() string {
	if e.Err != nil {
		return e.Slug + ": " + e.Err.Error()
	}
	return e.Slug
}

// Unwrap returns the cause.
func (e *SigninError) Unwrap() error { return e.Err }

// Finish takes a callback. Its state must be that of a sign-in which this very browser began and is used up before
// anything else happens; a callback without such a state changes nothing. Errors are always *SigninError.
func (s *Service) Finish(ctx context.Context, c Callback) (Outcome, error) {
	signin, err := s.consume(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	switch c.Query.Get("error") {
	case "":
	case "access_denied":
		return Outcome{}, over(SlugConsentDenied, signin, nil)
	default:
		return Outcome{}, over(SlugFailed, signin, errors.New("upstream refused consent"))
	}
	code := c.Query.Get("code")
	if code == "" {
		return Outcome{}, over(SlugInvalid, signin, errors.New("no code"))
	}
	return s.proceed(ctx, signin, code)
}

// consume finds the callback's sign-in and uses up its state.
func (s *Service) consume(ctx context.Context, c Callback) (storelink.Signin, error) {
	var none storelink.Signin
	state := c.Query.Get("state")
	if len(c.Query["state"]) != 1 || len(c.Query["code"]) > 1 || len(c.Query["error"]) > 1 || !isSecret(state) {
		return none, &SigninError{Slug: SlugInvalid, Err: errors.New("callback without one state and code")}
	}
	signin, err := s.store.FindSigninByState(ctx, hashSecret(state))
	switch {
	case storelink.CodeOf(err) == storelink.ErrNotFound:
		return none, &SigninError{Slug: SlugInvalid, Err: errors.New("unknown state")}
	case err != nil:
		return none, &SigninError{Slug: SlugFailed, Err: err}
	}
	if subtle.ConstantTimeCompare(signin.BrowserHash, hashSecret(c.BrowserSecret)) != 1 {
		if signin.Expired && c.BrowserSecret == "" {
			// Its cookie has expired with it: most likely the same browser, late.
			return none, &SigninError{Slug: SlugExpired}
		}
		return none, &SigninError{Slug: SlugInvalid, Err: errors.New("state of another browser")}
	}
	ours, err := s.store.ConsumeSignin(ctx, signin.ID, c.ClientAddress)
	switch {
	case err != nil:
		return none, &SigninError{Slug: SlugFailed, Err: err, ReturnTo: signin.ReturnTo}
	case !ours:
		// The sign-in that the state belongs to may still be waiting: its cookie stays.
		return none, &SigninError{Slug: SlugExpired, Err: errors.New("state used before"), ReturnTo: signin.ReturnTo}
	case signin.Expired:
		return none, over(SlugExpired, signin, nil)
	}
	signin.ClientAddress = c.ClientAddress
	return signin, nil
}

// over is the error of a sign-in that has ended.
func over(slug string, signin storelink.Signin, cause error) *SigninError {
	return &SigninError{Slug: slug, Err: cause, ClearSignin: true, ReturnTo: signin.ReturnTo}
}
