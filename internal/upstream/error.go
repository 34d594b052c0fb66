package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"storelink"
)

// What can be wrong with an answer. Their texts quote nothing of it.
var (
	errTooLarge    = errors.New("the answer is too large")
	errMalformed   = errors.New("the answer is not what the contract says")
	errPage        = errors.New("the answer is a gateway's page")
	errPaging      = errors.New("the pages do not end")
	errUnbuildable = errors.New("the request cannot be built")
)

const (
	maxMessage    = 200 // characters
	maxRetryAfter = time.Hour
)

// describe fills in what an answer other than 2xx says. A page instead of JSON comes from a gateway: it has no message,
// and Err says so.
func describe(e *storelink.UpstreamError, resp *http.Response, token string) {
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	// A body that breaks off changes nothing: the status is the answer.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, singleBody))
	if isPage(resp.Header.Get("Content-Type"), body) {
		e.Err = errPage
		return
	}
	e.Message = message(body, token)
}

func isPage(contentType string, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "text/html" || kind == "application/xhtml+xml" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// message returns upstream's own words, {message, details: [{attribute, message}]}, fit to be stored and shown to
// operators: bounded, without control characters, and without the token in case it was echoed. It returns "" for a body
// of another shape.
func message(body []byte, token string) string {
	var said struct {
		Message text `json:"message"`
		Details []struct {
			Attribute text `json:"attribute"`
			Message   text `json:"message"`
		} `json:"details"`
	}
	if err := lenient(body, &said); err != nil {
		return ""
	}
	parts := []string{string(said.Message)}
	for _, d := range said.Details {
		parts = append(parts, strings.Trim(string(d.Attribute+": "+d.Message), ": "))
	}
	parts = compact(parts)
	whole := strings.Join(parts, "; ")
	if token != "" {
		whole = strings.ReplaceAll(whole, token, "[token]")
	}
	return bound(strings.TrimSpace(printable(whole)), maxMessage)
}

func compact(parts []string) []string {
	kept := parts[:0]
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

// text is a string in an answer; null is "".
type text string

// lenient decodes JSON and leaves out what has another type than expected.
func lenient(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return nil
	}
	return err
}

// printable replaces control and formatting characters by spaces: terminals, logs and Postgres (NUL) each take offence
// at some of them.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}

// bound cuts s after n characters.
func bound(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): seconds or a date. It is at most an hour.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
