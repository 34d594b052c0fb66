#!/bin/sh
# Generates everything anew and fails where the files named as arguments are not what was there before, or are not in git.
set -eu

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
for path in "$@"; do
	mkdir -p "$before/$(dirname "$path")"
	if [ -e "$path" ]; then cp -R "$path" "$before/$path"; fi
done

make --no-print-directory generate

drift=0
for path in "$@"; do
	diff -ruN "$before/$path" "$path" >&2 || drift=1
done
if [ "$drift" = 1 ]; then
	echo "generated files were out of date, as shown above; they are right now: commit them" >&2
	exit 1
fi
untracked=$(git ls-files --others --exclude-standard -- "$@")
if [ -n "$untracked" ]; then
	printf 'generated files that are not in git, add them:\n%s\n' "$untracked" >&2
	exit 1
fi
