"""The directory that generated people are written to: closed to other users, and holding no insurer of a former run.

A former run is known by its `insurers.json`: what is listed there is removed; a member file that is not listed is somebody's, and
the directory is refused. Never: widen a directory, narrow one that was there before, or remove what no list names.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from rempart.domain.errors.trials import DirectoryTaken

INDEX: Final = "insurers.json"
_MEMBER_FILE = re.compile(r"[0-9]{10}-0001\.(?:csv|parquet)(?:\.manifest\.json)?")
_CARDS_FILE = re.compile(r"cards/[0-9]{10}\.csv")
_MANIFEST: Final = ".manifest.json"


class _Listed(msgspec.Struct):
    """What is read again of one insurer in insurers.json."""

    file: str
    cards_file: str


@contextmanager
def private_files() -> Iterator[None]:
    """Make every file of the block 0600 and every new directory 0700: what is written there names people."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def forget_former_run(directory: Path, wanted: Collection[str]) -> None:
    """Remove the files of a former run, so that none stands beside those that are wanted. Refuses: DirectoryTaken."""
    listed = _listed_in(directory / INDEX)
    for name in sorted(_member_files_in(directory)):
        if name not in listed and name.removesuffix(_MANIFEST) not in wanted:
            raise DirectoryTaken(name)
    (directory / INDEX).unlink(
        missing_ok=True
    )  # first: without it, the directory is that of an unfinished run
    for name in listed:
        (directory / name).unlink(missing_ok=True)


def _member_files_in(directory: Path) -> Iterator[str]:
    if directory.exists():
        yield from (path.name for path in directory.iterdir() if _MEMBER_FILE.fullmatch(path.name))


def _listed_in(index: Path) -> set[str]:
    """Name the files of the run that wrote a list; a list that is not ours names none."""
    if not index.exists():
        return set()
    try:
        insurers = msgspec.json.decode(index.read_bytes(), type=list[_Listed])
    except msgspec.DecodeError:
        return set()
    files = {insurer.file for insurer in insurers if _MEMBER_FILE.fullmatch(insurer.file)}
    cards = {insurer.cards_file for insurer in insurers if _CARDS_FILE.fullmatch(insurer.cards_file)}
    return files | {file + _MANIFEST for file in files} | cards
