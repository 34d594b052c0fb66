package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
)

const mimeCSV = "text/csv"

// upload is a body that is read while it comes, within its bound. The generated server would take in all of it first.
type upload struct {
	body    io.Reader
	control *http.ResponseController
	left    int64
	limit   int64
	ended   bool
}

// streamBody hands the body to the handler, and reads on a little where that stopped on the way.
func streamBody(c echo.Context, limit int64, next echo.HandlerFunc) error {
	r := c.Request()
	if r.ContentLength > limit {
		drain(r.Body, limit)
		return bodyTooLarge(limit)
	}
	u := &upload{body: r.Body, control: http.NewResponseController(c.Response()), left: limit, limit: limit}
	v := visitOf(r.Context())
	v.upload, v.mediaType = u, r.Header.Get(echo.HeaderContentType)
	r.Body, r.ContentLength = http.NoBody, 0
	err := next(c)
	if !u.ended {
		drain(u.body, limit)
	}
	return err
}

// Read implements io.Reader.
func (u *upload) Read(b []byte) (int, error) {
	if u.left < 0 {
		return 0, bodyTooLarge(u.limit)
	}
	n, err := u.body.Read(b[:min(int64(len(b)), u.left+1)])
	if u.left -= int64(n); u.left < 0 {
		return 0, bodyTooLarge(u.limit)
	}
	switch {
	case errors.Is(err, io.EOF):
		u.ended = true
		// The server's read deadline would end the request's context while the database works.
		_ = u.control.SetReadDeadline(time.Time{})
		return n, io.EOF
	case err != nil:
		u.ended = true
		return n, storelink.Errorf(storelink.ErrInvalid, "The body could not be read to its end.").WithCause(err)
	}
	return n, nil
}
