#!/bin/sh
# Prints -race, the flag of Go's race detector, once the C compiler that it needs is there; installs one where it is
# missing. Prints nothing, and says so, where there is none to be had.
set -eu
cd "$(dirname "$0")"

has_compiler() {
	[ "$(go env CGO_ENABLED)" = 1 ] && printf '#include <stdlib.h>\nint main(void){return 0;}\n' | $(go env CC) -x c -o /dev/null - 2>/dev/null
}

if ! has_compiler; then
	echo "the race detector needs a C compiler: installing gcc" >&2
	./apt.sh gcc libc6-dev || true
fi
if has_compiler; then
	echo -race
else
	echo "there is no C compiler and none can be installed: the tests run WITHOUT the race detector" >&2
fi
