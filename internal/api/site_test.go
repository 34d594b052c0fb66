package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
)

// Every address that a person may come to is the page; what only a program asks for is not.
func TestSiteTellsPagesFromFiles(t *testing.T) {
	s, err := newSite(fstest.MapFS{
		"index.html":     {Data: []byte("the page")},
		"favicon.svg":    {Data: []byte("the icon")},
		"assets/main.js": {Data: []byte("the script")},
		"console.html":   {Data: []byte("another page")},
	}, "index.html")
	require.NoError(t, err)
	e := echo.New()
	e.Use(servePages(s))
	for _, c := range []struct {
		address, body string
		status        int
	}{
		{"/", "the page", http.StatusOK},
		{"/index.html", "the page", http.StatusOK},
		{"/?error=consent-denied", "the page", http.StatusOK},
		{"/console.html", "the page", http.StatusOK},
		{"/stores", "the page", http.StatusOK},
		{"/stores/", "the page", http.StatusOK},
		{"/stores/a/b?run=1", "the page", http.StatusOK},
		{"/favicon.svg", "the icon", http.StatusOK},
		{"/assets/main.js", "the script", http.StatusOK},
		{"/assets", "the page", http.StatusOK},
		{"/assets/none.js", "", http.StatusNotFound},
		{"/robots.txt", "", http.StatusNotFound},
		{"/api/none", "", http.StatusNotFound},
		{"/auth", "", http.StatusNotFound},
		{"/_sandbox/accounts", "", http.StatusNotFound},
	} {
		t.Run(c.address, func(t *testing.T) {
			answer := httptest.NewRecorder()
			e.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.address, http.NoBody))
			require.Equal(t, c.status, answer.Code)
			if c.status == http.StatusOK {
				require.Equal(t, c.body, answer.Body.String())
			}
		})
	}
}
