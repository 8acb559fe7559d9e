"""A manifest says what a file is, exactly, or is refused with the member that is wrong."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors import member_files as errors
from rempart.feeds.formats.manifest import Manifest, manifest_path, read_manifest, write_manifest

FIRST = Manifest(
    format_version=1,
    amc_number="0990000010",
    sequence=1,
    kind="full",
    effective_on=date(2026, 11, 1),
    row_count=6,
    control_sum=300,
    previous_sha256=None,
    sha256="ab" * 32,
)


@pytest.fixture
def data_path(tmp_path: Path) -> Path:
    return tmp_path / "0990000010-0001.csv"


def write_members(data_path: Path, **members: object) -> None:
    """Write the first manifest, some members changed; `...` takes one out."""
    write_manifest(data_path, FIRST)
    written = json.loads(manifest_path(data_path).read_bytes()) | members
    kept = {name: member for name, member in written.items() if member is not ...}
    manifest_path(data_path).write_text(json.dumps(kept), encoding="utf-8")


def test_a_manifest_comes_back(data_path: Path) -> None:
    write_manifest(data_path, FIRST)

    assert read_manifest(data_path) == FIRST
    assert [file.name for file in data_path.parent.iterdir()] == ["0990000010-0001.csv.manifest.json"]


def test_a_file_without_manifest_is_refused(data_path: Path) -> None:
    with pytest.raises(errors.ManifestMissing):
        read_manifest(data_path)


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("format_version", 2),
        ("format_version", ...),
        ("amc_number", "990000010"),
        ("amc_number", "0990000010\n"),
        ("amc_number", 990000010),
        ("sequence", 0),
        ("sequence", "1"),
        ("sequence", 1.5),
        ("sequence", 2**40),
        ("kind", "partial"),
        ("effective_on", "01/11/2026"),
        ("effective_on", "2026-02-30"),
        ("row_count", -1),
        ("row_count", ...),
        ("control_sum", None),
        ("previous_sha256", "ab" * 32),  # the first file has no file before
        ("previous_sha256", "ab"),
        ("sha256", "AB" * 32),
        ("sha256", None),
    ],
)
def test_the_member_that_is_wrong_is_named(data_path: Path, member: str, content: object) -> None:
    write_members(data_path, **{member: content})

    with pytest.raises(errors.ManifestMemberWrong) as caught:
        read_manifest(data_path)
    assert caught.value.place == member


def test_a_second_file_names_the_one_before(data_path: Path) -> None:
    write_members(data_path, sequence=2)

    with pytest.raises(errors.ManifestMemberWrong) as caught:
        read_manifest(data_path)
    assert caught.value.place == "previous_sha256"


def test_an_unknown_member_is_refused_and_not_repeated(data_path: Path) -> None:
    write_members(data_path, nadia="285057800608441")

    with pytest.raises(errors.ManifestMemberWrong) as caught:
        read_manifest(data_path)
    assert caught.value.place == "unknown member"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe{}", b"[" * 15_000, b'{"format_version": 1, "x": "' + b"a" * 20_000 + b'"}'],
    ids=["empty", "cut", "another encoding", "nested", "too large"],
)
def test_what_is_no_manifest_is_refused(data_path: Path, content: bytes) -> None:
    manifest_path(data_path).write_bytes(content)

    with pytest.raises(errors.ManifestUnreadable):
        read_manifest(data_path)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused_without_a_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    data_path = tmp_path_factory.getbasetemp() / "any.csv"
    manifest_path(data_path).write_bytes(content)

    with pytest.raises(errors.MemberFileRefused):
        read_manifest(data_path)
