package web_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"storelink/web"
)

func TestFSAlwaysHasAPage(t *testing.T) {
	page, err := fs.ReadFile(web.FS(), "index.html")
	require.NoError(t, err)
	require.Contains(t, string(page), "<title>")
}
