package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
	"storelink/internal/api/gen/public"
)

// Error codes that only this package has a use for.
const (
	errTooLarge         storelink.ErrorCode = "too-large"
	errMediaType        storelink.ErrorCode = "unsupported-media-type"
	errCrossSite        storelink.ErrorCode = "cross-site-request"
	errWrongHost        storelink.ErrorCode = "wrong-host"
	errMethodNotAllowed storelink.ErrorCode = "method-not-allowed"
)

// problemType is one type of problem: its status, its title and what its page says.
type problemType struct {
	Status      int
	Title       string
	Explanation string
}

// problemTypes is the one map from error codes to problems (RFC 9457 section 3.1).
var problemTypes = map[storelink.ErrorCode]problemType{
	storelink.ErrInvalid: {400, "The request is not valid",
		"Something in the request is missing, unknown or not as it must be. Each entry of errors names a place: a JSON pointer into the body, or a parameter. Nothing was changed; correct it and send it again."},
	storelink.ErrNotSignedIn: {401, "Sign in first",
		"The request carries no valid session, or no valid admin token. Sign in, or send a token that is configured."},
	storelink.ErrReauthorizationRequired: {401, "Sign in again",
		"Otter no longer accepts the consent that was given: it expired or was withdrawn. Signing in again gives it anew; work that waits goes on by itself then."},
	storelink.ErrScopeMissing: {403, "Your account may not do this",
		"The consent lacks a scope that this call needs. An administrator at Otter has to grant it to the account; then sign in again."},
	storelink.ErrForbidden: {403, "Not allowed",
		"The account or the token is known, and may not do this."},
	storelink.ErrNotFound: {404, "Not found",
		"There is nothing at this address, or it belongs to somebody else."},
	storelink.ErrConflict: {409, "It has changed meanwhile",
		"The state of things is not the one that the request expects. Look again and decide anew."},
	storelink.ErrLocalStoreIDTaken: {409, "The id belongs to another store",
		"Another store is connected to this local store id, or is about to be. Each id can stand for one store only. Nothing of the request was done."},
	storelink.ErrLocalStoreIDNotAllowed: {403, "The id may not be used here",
		"This session may use only the local store ids that its connect link allows."},
	storelink.ErrIdempotencyKeyReused: {422, "The idempotency key was used before",
		"The same Idempotency-Key came within the last 24 hours with another request. Use a new key for a new request."},
	storelink.ErrTooManyRequests: {429, "Too many requests",
		"Too much is under way. Wait as long as Retry-After says, or half a minute, and try again."},
	storelink.ErrUpstreamUnavailable: {502, "Otter does not answer",
		"Otter could not be reached or answered with an error. Nothing is lost; try again in a while."},
	storelink.ErrUpstreamTimeout: {504, "Otter takes too long",
		"Otter did not answer in time. Try again in a while."},
	storelink.ErrDatabaseUnavailable: {503, "Temporarily unavailable",
		"The service's database cannot be reached. Nothing was changed; try again in a while."},
	storelink.ErrInternal: {500, "Something went wrong",
		"An error of the service. Its log knows more under the request id that the problem's instance names."},
	errTooLarge: {413, "The request is too large",
		"A body may have 8 MiB for onboarding and its preview, and 64 KiB elsewhere."},
	errMediaType: {415, "The content type is not supported",
		"Bodies must be application/json in UTF-8, without a Content-Encoding."},
	errCrossSite: {403, "The request comes from another site",
		"A request with cookies must come from the service's own pages or from a trusted origin, and a change must prove it by Sec-Fetch-Site or Origin, which every current browser sends."},
	errWrongHost: {421, "The host is not this one",
		"The service answers only under its public address, wherever cookies count."},
	errMethodNotAllowed: {405, "The method is not allowed",
		"The address exists, and does not know this method. Allow names those that it knows."},
	storelink.ErrRunEnded: {409, "The run has ended",
		"A run that has ended cannot be cancelled."},
	storelink.ErrCountChanged: {409, "The number has changed",
		"The filter matches another number of mappings than expected. Look again and decide anew."},
	storelink.ErrLinkUsed: {410, "The link was used",
		"A connect link works once, and for ten minutes at most. Ask for a new one."},
}

// errCutShort marks the error of an answer whose client must not take what it got for the whole.
var errCutShort = errors.New("cut short")

// unknownMappingError is the answer to a look-up that found no mapping.
type unknownMappingError struct {
	cause      *storelink.Error
	knownStore bool
}

func (e unknownMappingError) Error() string { return e.cause.Error() }

func (e unknownMappingError) Unwrap() error { return e.cause }

// answerProblems turns every error of the steps after it into a problem document.
func answerProblems(logger *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := next(c); err != nil {
				writeProblem(c, logger, err)
			}
			return nil
		}
	}
}

func writeProblem(c echo.Context, logger *slog.Logger, err error) {
	ctx := c.Request().Context()
	if c.Response().Committed {
		logger.WarnContext(ctx, "answer broken off", "request_id", visitOf(ctx).id, "error", err)
		if errors.Is(err, errCutShort) {
			panic(http.ErrAbortHandler) // net/http closes the connection, so that the client sees that there is more
		}
		return
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		const clientClosedRequest = 499 // nginx's number: nobody is there to read an answer
		c.Response().WriteHeader(clientClosedRequest)
		return
	}
	e := asError(err)
	known, ok := problemTypes[e.Code]
	if !ok {
		e.Code, e.Message = storelink.ErrInternal, ""
		known = problemTypes[storelink.ErrInternal]
	}
	if known.Status >= http.StatusInternalServerError {
		logger.ErrorContext(ctx, "request failed", "request_id", visitOf(ctx).id, "code", e.Code, "error", err)
	}
	setProblemHeaders(c, e)
	body := problemBody(ctx, e, known)
	var unknown unknownMappingError
	if errors.As(err, &unknown) {
		body.KnownStore = &unknown.knownStore
	}
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	c.Response().WriteHeader(known.Status)
	if err := json.NewEncoder(c.Response()).Encode(body); err != nil {
		logger.DebugContext(ctx, "write problem", "error", err)
	}
}

func problemBody(ctx context.Context, e *storelink.Error, known problemType) public.Problem {
	detail := e.Message
	if detail == "" {
		detail = known.Title + "."
	}
	body := public.Problem{
		Type:     public.ProblemType("/problems/" + string(e.Code)),
		Title:    known.Title,
		Status:   known.Status,
		Detail:   detail,
		Instance: visitOf(ctx).id,
	}
	if len(e.Fields) > 0 {
		places := make([]public.ProblemError, len(e.Fields))
		for i, f := range e.Fields {
			places[i] = public.ProblemError{Pointer: f.Pointer, Detail: f.Detail}
		}
		body.Errors = &places
	}
	return body
}

func setProblemHeaders(c echo.Context, e *storelink.Error) {
	h := c.Response().Header()
	if e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	switch e.Code {
	case storelink.ErrNotSignedIn, storelink.ErrReauthorizationRequired:
		if h.Get(echo.HeaderWWWAuthenticate) == "" {
			h.Set(echo.HeaderWWWAuthenticate, `Session realm="storelink"`)
		}
	case errMethodNotAllowed:
		if allow := h.Get(echo.HeaderAllow); strings.Contains(allow, http.MethodGet) && !strings.Contains(allow, http.MethodHead) {
			h.Set(echo.HeaderAllow, allow+", "+http.MethodHead)
		}
	}
}

// asError returns the error as one that is safe to show; the text of any other is not kept.
func asError(err error) *storelink.Error {
	var e *storelink.Error
	if errors.As(err, &e) {
		shown := *e
		return &shown
	}
	var tooLarge *http.MaxBytesError
	var echoed *echo.HTTPError
	switch {
	case errors.As(err, &tooLarge):
		return storelink.Errorf(errTooLarge, "The body is too large.")
	case errors.Is(err, context.DeadlineExceeded):
		return storelink.Errorf(storelink.ErrUpstreamTimeout, "It took too long.")
	case errors.As(err, &echoed):
		return fromEcho(echoed.Code)
	}
	return storelink.Errorf(storelink.ErrInternal, "")
}

func fromEcho(status int) *storelink.Error {
	switch status {
	case http.StatusNotFound:
		return storelink.Errorf(storelink.ErrNotFound, "There is nothing at this address.")
	case http.StatusMethodNotAllowed:
		return storelink.Errorf(errMethodNotAllowed, "The address does not know this method.")
	case http.StatusRequestEntityTooLarge:
		return storelink.Errorf(errTooLarge, "The body is too large.")
	case http.StatusUnsupportedMediaType:
		return storelink.Errorf(errMediaType, "The body must be application/json.")
	}
	if status >= 400 && status < 500 {
		return storelink.Errorf(storelink.ErrInvalid, "The request cannot be read.")
	}
	return storelink.Errorf(storelink.ErrInternal, "")
}
