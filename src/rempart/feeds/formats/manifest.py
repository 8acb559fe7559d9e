"""The manifest of a member file: what the file is, and how to see that it is whole.

Source of the members: docs/reference/member-file.md.
"""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from rempart.adapters import clock
from rempart.domain.errors.member_files import ManifestMemberWrong, ManifestMissing, ManifestUnreadable
from rempart.feeds.formats.source import Source, opened
from rempart.limits.files import EFFECTIVE_ON_AHEAD_MAX_DAYS, EFFECTIVE_ON_MIN, MANIFEST_MAX_BYTES

SUFFIX: Final = ".manifest.json"

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}\\Z")]
Kind = Literal["full", "delta"]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The manifest as it is written; what a type cannot say is checked by `read_manifest`."""

    format_version: Literal[1]
    amc_number: Annotated[str, msgspec.Meta(pattern="^[0-9]{10}\\Z")]
    sequence: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    kind: Kind
    effective_on: date
    row_count: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    control_sum: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    previous_sha256: Digest | None
    sha256: Digest


def manifest_path(data_path: Path) -> Path:
    """Say where the manifest of a data file is."""
    return data_path.with_name(data_path.name + SUFFIX)


def read_manifest(data_path: Path, source: Source | None = None) -> Manifest:
    """Read the manifest beside a data file, or where we are told; refuse one that is missing or wrong."""
    name = data_path.name + SUFFIX
    try:
        with opened(manifest_path(data_path) if source is None else source) as file:
            text = file.read(MANIFEST_MAX_BYTES + 1)
    except OSError:
        raise ManifestMissing(name) from None
    if len(text) > MANIFEST_MAX_BYTES:
        raise ManifestUnreadable(name)
    manifest = _decode(text, name)
    if (manifest.previous_sha256 is None) != (manifest.sequence == 1):
        raise ManifestMemberWrong("previous_sha256")
    latest = clock.today("Europe/Paris") + timedelta(days=EFFECTIVE_ON_AHEAD_MAX_DAYS)
    if not EFFECTIVE_ON_MIN <= manifest.effective_on <= latest:
        raise ManifestMemberWrong("effective_on")
    return manifest


def _decode(text: bytes, name: str) -> Manifest:
    """Decode a manifest and name the member that is wrong."""
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.ValidationError as error:
        if str(error).startswith("Expected `object`") and "$" not in str(error):
            raise ManifestUnreadable(name) from None
        raise ManifestMemberWrong(_member_named_in(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ManifestUnreadable(name) from None


def _member_named_in(message: str) -> str:
    """Take the member's name out of msgspec's message; a name that is not ours is not repeated."""
    named = re.search(r"`\$\.(\w+)`", message) or re.search(r"required field `(\w+)`", message)
    known = {field.name for field in msgspec.structs.fields(Manifest)}
    if named is not None and named[1] in known:
        return named[1]
    return "unknown member"


def write_manifest(data_path: Path, manifest: Manifest) -> None:
    """Write the manifest beside its data file, whole or not at all."""
    target = manifest_path(data_path)
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    partial.replace(target)
