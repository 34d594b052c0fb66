#!/bin/sh
# Prints the path of a Chromium for the browser tests: the one on this machine (or in CHROMIUM_PATH), else Playwright's
# own download, else the system's package.
set -eu
tools=$(cd "$(dirname "$0")" && pwd)

say() { echo "browser tests: $*" >&2; }

# Asking for the version shows at once whether the program starts: its libraries may be missing, or it is a mere stub.
works() { [ -n "$1" ] && command -v "$1" >/dev/null 2>&1 && "$1" --version >/dev/null 2>&1; }

on_machine() {
	for candidate in "${CHROMIUM_PATH:-}" chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
		if works "$candidate"; then
			command -v "$candidate"
			return 0
		fi
	done
	return 1
}

playwrights() {
	path=$(cd "$tools/../web" && node -p 'require("@playwright/test").chromium.executablePath()' 2>/dev/null) || return 1
	works "$path" && echo "$path"
}

on_machine && exit 0
playwrights && exit 0

say "no Chromium on this machine; downloading Playwright's own"
limit=$(command -v timeout || true)
(cd "$tools/../web" && ${limit:+"$limit" 300} npx playwright install chromium) >&2 || say "that download failed"
playwrights && exit 0

say "Playwright's own cannot be used here; installing the system's package chromium"
"$tools/apt.sh" chromium || true
on_machine && exit 0

say "there is no Chromium and none can be installed: install one, or set CHROMIUM_PATH"
exit 1
