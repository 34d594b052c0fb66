package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	tableRow  = regexp.MustCompile(`^\| (\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$`)
	namedTest = regexp.MustCompile("`([a-z/_0-9]+_test\\.go) ((?:Test|Fuzz)[A-Za-z0-9]+)(?:/([^`]+))?`")
)

// The table of docs/SECURITY.md names a test that exists for every rule, or says why there is none.
func TestTheSecurityTableNamesTestsThatExist(t *testing.T) {
	root := filepath.Join("..", "..")
	document, err := os.ReadFile(filepath.Join(root, "docs", "SECURITY.md"))
	require.NoError(t, err)
	rows := 0
	for line := range strings.Lines(string(document)) {
		row := tableRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			continue
		}
		rows++
		require.Equal(t, strconv.Itoa(rows), row[1], "the rows stand in order")
		tests := namedTest.FindAllStringSubmatch(row[4], -1)
		if len(tests) == 0 {
			require.Regexp(t, `^\*\*open\*\*: \w+`, row[4], "row %d names a test or says why there is none", rows)
		}
		for _, named := range tests {
			source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(named[1])))
			require.NoError(t, err, "row %d", rows)
			require.Contains(t, string(source), "func "+named[2]+"(", "row %d, %s", rows, named[1])
			require.Contains(t, string(source), named[3], "row %d: a case of %s", rows, named[2])
		}
		require.Len(t, tests, strings.Count(row[4], "_test.go"), "row %d: every test is written as `file Function`", rows)
	}
	require.Equal(t, 40, rows)
}
