package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
)

// readBody reads the whole body within its bound and refuses what is not plain JSON, so that the steps after it deal
// with bytes that are there.
func readBody(contract *contract) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			op, r := contract.of(c), c.Request()
			if op == nil || r.Body == nil || r.Body == http.NoBody {
				return next(c)
			}
			if err := checkMediaType(r.Header, op); err != nil {
				return err
			}
			if op.streamed {
				return streamBody(c, op.maxBody, next)
			}
			body, err := readBounded(c, op.maxBody)
			if err != nil {
				return err
			}
			// The server's read deadline would end the request's context while a handler waits for a run.
			_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Time{})
			if len(body) > 0 && !op.rawBody && !json.Valid(body) {
				return invalid(storelink.FieldError{Pointer: "", Detail: "is not valid JSON"})
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			return next(c)
		}
	}
}

func checkMediaType(h http.Header, op *operation) error {
	if encoding := h.Get(echo.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return storelink.Errorf(errMediaType, "The body must come without a Content-Encoding.")
	}
	if op.rawBody {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(h.Get(echo.HeaderContentType))
	switch {
	case err == nil && (mediaType == echo.MIMEApplicationJSON || op.streamed && mediaType == mimeCSV):
	case op.streamed:
		return storelink.Errorf(errMediaType, "The body must be application/json or text/csv.")
	default:
		return storelink.Errorf(errMediaType, "The body must be application/json.")
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return storelink.Errorf(errMediaType, "The body must be in UTF-8.")
	}
	return nil
}

func readBounded(c echo.Context, limit int64) ([]byte, error) {
	r := c.Request()
	tooLarge := bodyTooLarge(limit)
	if r.ContentLength > limit {
		drain(r.Body, limit)
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		if ctxErr := r.Context().Err(); ctxErr != nil {
			return nil, ctxErr
		}
		return nil, storelink.Errorf(storelink.ErrInvalid, "The body could not be read to its end.").WithCause(err)
	}
	if int64(len(body)) > limit {
		drain(r.Body, limit)
		return nil, tooLarge
	}
	return body, nil
}

func bodyTooLarge(limit int64) error {
	return storelink.Errorf(errTooLarge, "The body may have at most %d KiB.", limit>>10)
}

// drain reads on a little, so that a client that is still sending hears the answer instead of a reset.
func drain(body io.Reader, limit int64) {
	if _, err := io.CopyN(io.Discard, body, 2*limit); err != nil && !errors.Is(err, io.EOF) {
		return
	}
}

// invalid is ErrInvalid with the places that are wrong.
func invalid(places ...storelink.FieldError) error {
	message := "The request is not valid."
	if len(places) == 1 && places[0].Pointer != "" {
		message = places[0].Pointer + " " + places[0].Detail + "."
	}
	e := storelink.Errorf(storelink.ErrInvalid, "%s", message)
	e.Fields = places
	return e
}
