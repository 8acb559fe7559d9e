"""A member file is read whole, in bounded memory, and refused at its end when it is not what its manifest says."""

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rempart.domain.errors import member_files as errors
from rempart.feeds.formats.columns import COLUMNS
from rempart.feeds.formats.manifest import manifest_path, read_manifest, write_manifest
from rempart.feeds.formats.member_file import open_member_file, sum_of_keys
from rempart.feeds.formats.rows import BadLine
from rempart.feeds.formats.writer import digest_of, write_member_file
from tests.support.member_rows import Row, csv_bytes, family, frame_of, nadia, replace_bytes

AMC = "0990000010"
ON = date(2026, 11, 1)
FORMATS = ["csv", "parquet"]


def write(path: Path, rows: list[Row], kind: str = "full") -> Path:
    """Write rows as the insurer's first file."""
    write_member_file(
        path,
        [frame_of(rows, kind)],
        amc_number=AMC,
        effective_on=ON,
        kind="delta" if kind == "delta" else "full",
    )
    return path


def read(path: Path) -> tuple[pl.DataFrame, list[BadLine]]:
    """Read a whole file."""
    batches = list(open_member_file(path).batches())
    return pl.concat([batch.rows for batch in batches]), [bad for batch in batches for bad in batch.bad_lines]


@pytest.mark.parametrize("extension", FORMATS)
def test_what_is_written_is_read(tmp_path: Path, extension: str) -> None:
    path = write(tmp_path / f"m.{extension}", family())
    rows, bad_lines = read(path)

    assert bad_lines == []
    assert rows["given_names"].to_list() == [row["given_names"] for row in family()]
    manifest = read_manifest(path)
    assert (manifest.row_count, manifest.control_sum) == (6, 41 + 52 + 41 + 41 + 76 + 84)
    assert (manifest.sequence, manifest.previous_sha256, manifest.effective_on) == (1, None, ON)


@pytest.mark.parametrize("extension", FORMATS)
def test_both_formats_say_the_same(tmp_path: Path, extension: str) -> None:
    rows, bad_lines = read(write(tmp_path / f"m.{extension}", [*family(), nadia(sex="H"), nadia(nir=None)]))

    assert rows.rows() == read(write(tmp_path / "other.csv", family()))[0].rows()
    assert [(bad.line, bad.column) for bad in bad_lines] == [(8, "sex"), (9, "nir")]


@pytest.mark.parametrize("extension", FORMATS)
def test_a_delta_has_one_column_more(tmp_path: Path, extension: str) -> None:
    rows, _ = read(
        write(tmp_path / f"m.{extension}", [nadia(change="close"), nadia(change="upsert")], "delta")
    )

    assert rows["change"].to_list() == ["close", "upsert"]


def test_a_full_file_has_no_column_for_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", [nadia(change="close")], "delta")
    replace_bytes(manifest_path(path), b'"delta"', b'"full"')

    with pytest.raises(errors.MemberFileColumnUnknown):
        read(path)


@pytest.mark.parametrize("extension", FORMATS)
def test_one_byte_that_changed_is_seen(tmp_path: Path, extension: str) -> None:
    path = write(tmp_path / f"m.{extension}", family())
    manifest = read_manifest(path)
    wrong = "0" * 64 if manifest.sha256[0] != "0" else "1" * 64
    replace_bytes(manifest_path(path), manifest.sha256.encode(), wrong.encode())

    with pytest.raises(errors.MemberFileDigestWrong):
        read(path)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize(
    ("member", "error"),
    [
        (b'"row_count": 6', errors.MemberFileRowCountWrong),
        (b'"control_sum": 335', errors.MemberFileControlSumWrong),
    ],
)
def test_totals_that_differ_are_refused_at_the_end(
    tmp_path: Path, extension: str, member: bytes, error: type[errors.MemberFileRefused]
) -> None:
    path = write(tmp_path / f"m.{extension}", family())
    replace_bytes(manifest_path(path), member, member + b"0")

    batches = open_member_file(path).batches()
    assert next(batches).rows.height == 6
    with pytest.raises(error):
        next(batches)


def test_a_file_half_gone_is_refused_even_when_it_ends_at_a_line(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", family())
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))

    with pytest.raises(errors.MemberFileDigestWrong):
        read(path)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("m.xlsx", errors.MemberFileExtensionUnknown),
        ("gone.csv", errors.MemberFileMissing),
        ("alone.csv", errors.ManifestMissing),
    ],
)
def test_a_file_that_is_not_one_is_refused(
    tmp_path: Path, name: str, error: type[errors.MemberFileRefused]
) -> None:
    (tmp_path / "m.xlsx").touch()
    (tmp_path / "alone.csv").touch()

    with pytest.raises(error):
        open_member_file(tmp_path / name)


def with_manifest(path: Path, rows: int, control_sum: int) -> Path:
    """Put a manifest beside a file that other software wrote."""
    first = write(path.with_name("first.csv"), family())
    members = {"row_count": rows, "control_sum": control_sum, "sha256": digest_of(path)}
    manifest = read_manifest(first)
    written = {name: getattr(manifest, name) for name in manifest.__struct_fields__} | members
    write_manifest(path, type(manifest)(**written))
    return path


def test_parquet_of_natural_types_is_read_as_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    dates = [pl.col(name).str.to_date() for name in ("opens_on", "ends_on", "waiting_until")]
    ranks = [pl.col("birth_rank").cast(pl.Int64), pl.col("coverage_rank").cast(pl.UInt8)]
    frame_of(family()).with_columns(*dates, *ranks, pl.col("nir_is_own") == "1").fill_null("").write_parquet(
        path
    )

    assert read(with_manifest(path, 6, 335))[0].rows() == read(write(tmp_path / "m.csv", family()))[0].rows()


def test_a_parquet_column_of_another_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    frame_of(family()).with_columns(pl.col("nir").cast(pl.Int64, strict=False)).write_parquet(path)

    with pytest.raises(errors.MemberFileColumnTypeWrong) as caught:
        read(with_manifest(path, 6, 335))
    assert caught.value.place == "nir"


def test_a_parquet_column_of_contact_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    frame_of(family()).with_columns(pl.lit("12 rue des Tilleuls").alias("Adresse")).write_parquet(path)

    with pytest.raises(errors.MemberFileHasContactColumn) as caught:
        read(with_manifest(path, 6, 335))
    assert caught.value.place == "column 23 (adresse)"


@pytest.mark.parametrize("days", [-(2**31), 2**31 - 1])
def test_a_parquet_date_that_no_calendar_has_is_a_bad_cell(
    tmp_path: Path, days: int, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.parquet"
    frame = frame_of([nadia()]).with_columns(opens_on=pl.lit(days, dtype=pl.Int32).cast(pl.Date))
    frame.write_parquet(path)
    _, bad_lines = read(with_manifest(path, 1, 41))

    assert {bad.column for bad in bad_lines} == {"opens_on"}
    assert "panicked" not in capfd.readouterr().err


def test_a_text_of_a_megabyte_is_a_bad_cell(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    frame_of([nadia(birth_name="B" * 1_000_000)] * 50).write_parquet(path)
    _, bad_lines = read(with_manifest(path, 50, 50 * 41))

    assert {(bad.column, bad.reason) for bad in bad_lines} == {("birth_name", "value-too-long")}
    assert len(bad_lines) == 50


@pytest.mark.parametrize("kept", [0, 3, 4, 11, 100, -1, -4, -9, -300])
def test_a_parquet_file_that_was_cut_is_refused(tmp_path: Path, kept: int) -> None:
    path = write(tmp_path / "m.parquet", family())
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises((errors.MemberFileTruncated, errors.MemberFileNotParquet)):
        read(path)


def test_a_csv_called_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(csv_bytes(family()))

    with pytest.raises(errors.MemberFileNotParquet):
        read(with_manifest(path, 6, 335))


def test_every_damaged_byte_of_a_parquet_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.parquet", family()[:2])
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(errors.MemberFileRefused):
            read(path)


def test_the_control_sum_counts_what_is_no_key_for_nothing() -> None:
    nirs = pl.Series(["285057800608441", "", None, "28505780060844O", "+5", "²³", "07"], dtype=pl.String)

    assert sum_of_keys(nirs) == 41 + 7


MEMORY = """
import resource, sys
from pathlib import Path
from rempart.feeds.formats.member_file import open_member_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for batch in open_member_file(Path(sys.argv[1])).batches():
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("extension", FORMATS)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, extension: str) -> None:
    def megabytes_for(repeats: int) -> int:
        path = tmp_path / f"{repeats}.{extension}"
        frame = pl.concat([frame_of(family())] * 5_000)
        write_member_file(path, (frame for _ in range(repeats)), amc_number=AMC, effective_on=ON)
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, path], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    few, many = megabytes_for(3), megabytes_for(12)
    assert many < few + 100, f"{few} MB for 90,000 rows, {many} MB for 360,000"


def test_every_column_is_written(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", family())

    assert path.read_bytes() == csv_bytes(family())
    assert path.read_text(encoding="utf-8").partition("\n")[0] == ";".join(column.name for column in COLUMNS)


@pytest.mark.parametrize("spoilt", [b"one;too many", b"too few"])
def test_a_line_of_a_wrong_width_is_a_bad_line_and_not_a_wrong_sum(tmp_path: Path, spoilt: bytes) -> None:
    path = write(tmp_path / "members.csv", family())
    lines = path.read_bytes().splitlines(keepends=True)
    cells = lines[3].rstrip(b"\n").split(b";")
    lines[3] = b";".join([*cells[:-2], spoilt, *([cells[-1]] if b";" in spoilt else [])]) + b"\n"
    path.write_bytes(b"".join(lines))
    manifest = manifest_path(path)
    told = json.loads(manifest.read_bytes())
    told["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told), encoding="utf-8")
    bad_lines = [bad for batch in open_member_file(path).batches() for bad in batch.bad_lines]
    assert [(bad.line, bad.reason) for bad in bad_lines] == [(4, "line-width")]
    told["control_sum"] += 98
    manifest.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(errors.MemberFileControlSumWrong):
        list(open_member_file(path).batches())
