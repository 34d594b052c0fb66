#!/bin/sh
# Checks that the few programs this project cannot install itself are there, and new enough.
set -eu

fail() {
	echo "$*" >&2
	exit 1
}

for program in go node npm git; do
	command -v "$program" >/dev/null 2>&1 || fail "$program is missing: storelink is built with Go 1.26, Node 20.19 or newer, npm, make and git"
done

# An older Go, from 1.21 on, fetches the one that go.mod names.
go version >/dev/null 2>&1 || fail "Go does not run here, or cannot fetch the version that go.mod names: install Go 1.26 or newer"

node -e '
	const [major, minor] = process.versions.node.split(".").map(Number);
	process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);
' || fail "Node $(node --version) is too old: 20.19 or newer is needed"
