package storelink

import (
	"errors"
	"fmt"
	"time"
)

// ErrorCode names a kind of error that a caller may see. It is the slug of the problem type in the HTTP interface.
type ErrorCode string

// The error codes. An error without one is internal: its text is never shown.
const (
	ErrInvalid                 ErrorCode = "invalid-request"
	ErrNotSignedIn             ErrorCode = "not-signed-in"
	ErrReauthorizationRequired ErrorCode = "reauthorization-required"
	ErrScopeMissing            ErrorCode = "scope-missing"
	ErrForbidden               ErrorCode = "forbidden"
	ErrNotFound                ErrorCode = "not-found"
	ErrConflict                ErrorCode = "conflict"
	ErrLocalStoreIDTaken       ErrorCode = "local-store-id-taken"
	ErrLocalStoreIDNotAllowed  ErrorCode = "local-store-id-not-allowed"
	ErrIdempotencyKeyReused    ErrorCode = "idempotency-key-reused"
	ErrRunEnded                ErrorCode = "run-ended"
	ErrCountChanged            ErrorCode = "count-changed"
	ErrTooManyRequests         ErrorCode = "too-many-requests"
	ErrUpstreamUnavailable     ErrorCode = "upstream-unavailable"
	ErrUpstreamTimeout         ErrorCode = "upstream-timeout"
	ErrDatabaseUnavailable     ErrorCode = "database-unavailable"
	ErrInternal                ErrorCode = "internal"
)

// Error is an error that is safe to show: a code, a sentence and, for bad input, the places that are wrong.
type Error struct {
	Code       ErrorCode
	Message    string
	Fields     []FieldError
	RetryAfter time.Duration // zero: not said
	Err        error         // the cause, for the log only
}

// FieldError names one wrong place of a request: a JSON pointer into the body (RFC 6901) or the name of a parameter.
type FieldError struct {
	Pointer string
	Detail  string
}

// Errorf returns an Error with a formatted sentence. A %w verb keeps the cause for the log; its text is not shown
// unless the format puts it there, so a cause is best given by WithCause.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithCause returns a copy of the error that wraps cause.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// Error returns the code, the sentence and the cause: for logs, not for users.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the error's code, or ErrInternal where it has none.
func CodeOf(err error) ErrorCode {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ErrInternal
}
