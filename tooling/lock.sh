#!/usr/bin/env bash
# Write the lock files again from pyproject.toml and tests/node/package.json: every package with its digests, and the
# name of no index and no host, so that each house installs from the mirror that it trusts.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

lock() {
    "$bin/uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links --quiet "$@"
}
lock --extra build --output-file requirements.lock
lock --extra build --extra test --extra dev --constraints requirements.lock --output-file requirements-dev.lock

"$bin/npm" install --prefix tests/node --package-lock-only
"$bin/python" - <<'END'
import json, pathlib
path = pathlib.Path("tests/node/package-lock.json")
lock = json.loads(path.read_text())
for package in lock["packages"].values():
    package.pop("funding", None)  # the addresses where authors ask for money are no business of a lock
    assert "resolved" not in package
path.write_text(json.dumps(lock, indent=2) + "\n")
END

if grep -nE '://|^-' requirements.lock requirements-dev.lock tests/node/package-lock.json; then
    echo "A lock file names a host or an option of one machine; see the lines above." >&2
    exit 1
fi
