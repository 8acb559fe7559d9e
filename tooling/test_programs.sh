#!/usr/bin/env bash
# See that the programs which the tests drive and which pip cannot bring are there: a browser and a software HSM above all.
# They come from Debian. Whoever may not install them is told, loudly; in CI that is a failure, for a test that does
# not run there proves nothing.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v git >/dev/null || missing+=(git)
[ -n "$(find /usr/lib /usr/local/lib -name libsofthsm2.so -print -quit 2>/dev/null)" ] || missing+=(softhsm2)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    exit 0
fi

cat >&2 <<END
┌──────────────────────────────────────────────────────────────────────────────
│ NOT EVERYTHING WILL BE TESTED
│ Missing, and only an administrator may install them here: ${missing[*]}
│   apt-get update && apt-get install ${missing[*]}
│ The tests that need them will be skipped, and say so.
└──────────────────────────────────────────────────────────────────────────────
END
if [ "${CI:-}" = true ]; then
    echo "In CI a test that cannot run is a failure." >&2
    exit 1
fi
