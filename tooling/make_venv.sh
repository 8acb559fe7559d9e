#!/usr/bin/env bash
# Make the virtual environment; on a bare Debian, fetch first the package that lets Python make one.
# Usage: make_venv.sh PYTHON DIRECTORY
set -euo pipefail
python=$1 directory=$2

say() { printf '%s\n' "$*" >&2; }

if ! command -v "$python" >/dev/null; then
    say "Python 3.11 or newer is needed and '$python' was not found. On Debian: apt-get install python3 python3-venv"
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "Python 3.11 or newer is needed; '$python' is $("$python" -V 2>&1). Say which one: make PYTHON=/path/to/python3.11"
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        say "Fetching python3-venv from Debian…"
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    else
        say "This Python cannot make a virtual environment. Ask an administrator for: apt-get install python3-venv"
        exit 1
    fi
fi
"$python" -m venv "$directory"
