#!/bin/sh
# Runs every fuzz target of the module for a while, by default five seconds each: tools/fuzz.sh [TIME]. A failing input
# is kept in the package's testdata, where `go test` runs it from then on.
set -eu
cd "$(dirname "$0")/.."
time=${1:-5s}

grep -rlE --include='*_test.go' '^func Fuzz' --exclude-dir=node_modules . | xargs -n1 dirname | sort -u | while read -r package; do
	targets=$(go test -list '^Fuzz' "$package" | grep '^Fuzz')
	for target in $targets; do
		echo "go test -run '^\$' -fuzz '^$target\$' -fuzztime $time $package"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 2 "$package" </dev/null
	done
done
