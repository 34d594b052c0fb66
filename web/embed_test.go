package web_test

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/web"
)

func TestFSAlwaysHasBothPages(t *testing.T) {
	for _, name := range []string{"index.html", "console.html"} {
		page, err := fs.ReadFile(web.FS(), name)
		require.NoError(t, err)
		require.Contains(t, string(page), "<title>")
	}
}

// A manager never downloads the console: the two pages share no file of scripts or styles.
func TestPagesShareNoFile(t *testing.T) {
	load := func(name string) []string {
		page, err := fs.ReadFile(web.FS(), name)
		require.NoError(t, err)
		return regexp.MustCompile(`/assets/[^"]+`).FindAllString(string(page), -1)
	}
	for _, file := range load("index.html") {
		require.NotContains(t, file, "/assets/console/")
		require.NotContains(t, load("console.html"), file)
	}
}
