"""Whoever interrupts the writing of a member file leaves nothing that looks whole."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rempart.domain.errors import member_files as errors
from rempart.feeds.formats.manifest import manifest_path
from rempart.feeds.formats.member_file import open_member_file
from rempart.feeds.formats.writer import write_member_file
from tests.support.member_rows import family, frame_of

FORMATS = ["csv", "parquet"]


def write(path: Path, frames: Iterator[pl.DataFrame]) -> None:
    """Write the insurer's first file."""
    write_member_file(path, frames, amc_number="0990000010", effective_on=date(2026, 11, 1))


def frames_cut_short() -> Iterator[pl.DataFrame]:
    """Give a family, then fail as a full disk or an impatient reader would."""
    yield frame_of(family())
    raise InterruptedError


@pytest.mark.parametrize("extension", FORMATS)
def test_a_writing_cut_short_leaves_nothing(tmp_path: Path, extension: str) -> None:
    with pytest.raises((InterruptedError, pl.exceptions.PolarsError)):
        write(tmp_path / f"m.{extension}", frames_cut_short())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", FORMATS)
def test_a_new_writing_cut_short_leaves_the_old_file_without_its_manifest(
    tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"m.{extension}"
    write(path, iter([frame_of(family())]))
    with pytest.raises((InterruptedError, pl.exceptions.PolarsError)):
        write(path, frames_cut_short())

    with pytest.raises(errors.ManifestMissing):
        open_member_file(path)


@pytest.mark.parametrize("extension", FORMATS)
def test_the_bytes_do_not_depend_on_how_the_rows_arrive(tmp_path: Path, extension: str) -> None:
    rows = family()
    write(tmp_path / f"one.{extension}", iter([frame_of(rows)]))
    write(tmp_path / f"many.{extension}", (frame_of([row]) for row in rows))

    assert (tmp_path / f"one.{extension}").read_bytes() == (tmp_path / f"many.{extension}").read_bytes()


def test_the_manifest_is_the_last_to_come(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    seen = []

    def frames() -> Iterator[pl.DataFrame]:
        seen.append((path.exists(), manifest_path(path).exists()))
        yield frame_of(family())

    write(path, frames())

    assert seen == [(False, False)]
    assert path.exists()
    assert manifest_path(path).exists()
