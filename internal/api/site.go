package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

// site is the files of one of the two pages, the wizard or the console. Every address that looks like a page is its entry:
// the page itself knows its routes.
type site struct {
	files fs.FS
	index []byte
	etag  string
}

func newSite(files fs.FS, entry string) (*site, error) {
	if files == nil {
		return nil, nil
	}
	index, err := fs.ReadFile(files, entry)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	sum := sha256.Sum256(index)
	return &site{files: files, index: index, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}, nil
}

// servePages serves the page wherever no route of the contract matched, but for what can only be a program's call.
func servePages(s *site) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			r := c.Request()
			if s == nil || r.Method != http.MethodGet || !errors.Is(err, echo.ErrNotFound) || ofPrograms(r.URL.Path) {
				return err
			}
			c.SetPath("/*")
			return s.serve(c, err)
		}
	}
}

func ofPrograms(path string) bool {
	return under(path, "/_sandbox", "/api", "/auth", "/admin", "/debug", "/docs", "/healthz", "/metrics", "/problems", "/readyz", "/webhooks")
}

func (s *site) serve(c echo.Context, notFound error) error {
	r := c.Request()
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	isPage := name == "" || strings.HasSuffix(name, ".html") // the other listener's page is not for this one
	if !isPage && fs.ValidPath(name) {
		info, err := fs.Stat(s.files, name)
		if err == nil && info.Mode().IsRegular() {
			if strings.HasPrefix(name, "assets/") {
				c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			http.ServeFileFS(c.Response(), r, s.files, name)
			return nil
		}
	}
	if strings.Contains(path.Base(name), ".") && !isPage {
		return notFound
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", s.etag)
	if r.Header.Get("If-None-Match") == s.etag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.HTMLBlob(http.StatusOK, s.index)
}
