// Package web holds the built page of storelink, so that one binary serves everything.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist placeholder
var files embed.FS

// FS returns the built page, with index.html at its root. Where the binary was built without running the page's own
// build before, it returns a placeholder that says what to run instead.
func FS() fs.FS {
	folder := "dist"
	if _, err := fs.Stat(files, "dist/index.html"); err != nil {
		folder = "placeholder"
	}
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic("web: " + err.Error()) // the two names above are valid paths
	}
	return sub
}
