#!/bin/sh
# Installs the system's packages that are named, as root or through sudo where that asks for no password.
set -eu

command -v apt-get >/dev/null 2>&1 || exit 1
if [ "$(id -u)" = 0 ]; then
	as_root=env
elif sudo -n true 2>/dev/null; then
	as_root="sudo -n env"
else
	exit 1
fi
$as_root DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || true
$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
