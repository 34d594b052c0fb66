#!/bin/sh
# Runs every fuzz target of the module for a while, by default three seconds each: tools/fuzz.sh [SECONDS]. A failing input
# is kept in the package's testdata, where `go test` runs it from then on. What was found interesting stays in Go's cache.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
seconds=${1:-3}
cache=$(go env GOCACHE)/fuzz
binaries=$(mktemp -d)
trap 'rm -rf "$binaries"' EXIT

packages=$(grep -rlE --include='*_test.go' '^func Fuzz' --exclude-dir=node_modules . | xargs -n1 dirname | sort -u)
# `go test -fuzz` would build every dependency anew with counters, which takes minutes: ours alone guide the search here.
echo "go test -c $(echo $packages)"
go test -c -gcflags='storelink/...=-d=libfuzzer' -o "$binaries/" $packages

for package in $packages; do
	binary=$binaries/$(basename "$package").test
	cd "$root/$package"
	targets=$("$binary" -test.list '^Fuzz')
	[ -n "$targets" ] || { echo "no fuzz target in $package though its files have some" >&2; exit 1; }
	for target in $targets; do
		echo "$package $target for $seconds s"
		# Interrupted, since -fuzztime can fail a target at its end for nothing (go.dev/issue/75804, up to Go 1.26).
		"$binary" -test.run '^$' -test.fuzz "^$target\$" -test.parallel 2 -test.fuzzcachedir "$cache/${package#./}" &
		fuzzing=$!
		(sleep "$seconds"; kill -INT "$fuzzing" 2>/dev/null) &
		wait "$fuzzing"
	done
done
