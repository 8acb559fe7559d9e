"""A first file has two roads, the fast one for a clean file; whatever the file says, both would leave the same behind."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.domain.errors import RempartError
from rempart.feeds.rejects import rejects_path
from rempart.settings import Settings
from rempart.store.feeds import FileLoad, Opening
from tests.support.database import Database
from tests.support.insurer import Insurer
from tests.support.member_rows import Row, nadia

NIRS = ("285057800608441", "284119935000152", "253329935212376")

lines = st.builds(
    lambda person, nir, rank, contract, opens, alias, name, sex: nadia(
        beneficiary_id=f"P-{person}", nir=nir, birth_rank=str(rank), contract_number=f"C-{contract}",
        opens_on=f"20{opens}-01-01", other_aliases=alias, given_names=name, sex=sex,
    ),
    person=st.integers(1, 4),
    nir=st.sampled_from(NIRS),
    rank=st.integers(1, 3),
    contract=st.integers(1, 2),
    opens=st.integers(20, 22),
    alias=st.sampled_from([None, None, None, f"{NIRS[0]}/19850517/1", f"{NIRS[1]}/19850517/4"]),
    name=st.sampled_from(["Nadia", "Nadia", "Nadia", "Camille"]),
    sex=st.sampled_from(["F", "F", "F", "F", "?"]),
)  # fmt: skip


@pytest.fixture(scope="module")
def insurer(database: Database, keyring: Settings, tmp_path_factory: pytest.TempPathFactory) -> Insurer:
    assert keyring.sockets == database.settings.sockets
    return Insurer(database.settings, tmp_path_factory.mktemp("files")).register()


def outcome(insurer: Insurer, path: Path) -> tuple[object, ...]:
    """Load a first file; give all that it left: what is known, the report, the counts."""
    insurer.forget()
    try:
        report = insurer.load(path)
        told: object = (
            report.verdict,
            report.refused_line_count,
            report.difference and report.difference["new_people"],
        )
    except RempartError as error:
        told = error.code
    findings = rejects_path(path)
    reported = findings.read_text(encoding="utf-8") if findings.exists() else ""
    return told, reported, insurer.snapshot()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(rows=st.lists(lines, min_size=1, max_size=7))
def test_both_roads_lead_to_the_same(
    insurer: Insurer, monkeypatch: pytest.MonkeyPatch, rows: list[Row]
) -> None:
    path = insurer.write(rows, sequence=1, previous_sha256=None)
    with monkeypatch.context() as patched:
        begin = FileLoad.begin

        def never_absorb(load: FileLoad, facts: object, *, may_absorb: bool) -> Opening:
            return begin(load, facts, may_absorb=may_absorb and False)  # type: ignore[arg-type]

        patched.setattr(FileLoad, "begin", never_absorb)
        slow = outcome(insurer, path)
    assert outcome(insurer, path) == slow
