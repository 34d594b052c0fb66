// Package migrations holds the database's schema as numbered SQL files, up and down.
package migrations

import (
	"embed"
	"strconv"
	"strings"
)

// FS holds the migrations in golang-migrate's naming.
//
//go:embed *.sql
var FS embed.FS

// Newest returns the number of the last migration.
func Newest() uint {
	entries, err := FS.ReadDir(".")
	if err != nil {
		return 0
	}
	var newest uint64
	for _, e := range entries {
		prefix, _, _ := strings.Cut(e.Name(), "_")
		if n, err := strconv.ParseUint(prefix, 10, 32); err == nil {
			newest = max(newest, n)
		}
	}
	return uint(newest)
}
