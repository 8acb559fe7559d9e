"""The status page: what it shows and tells programs, and that it needs nobody while it answers."""

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from rempart.app import FACES
from rempart.domain.regions import _BY_DEPARTEMENT
from rempart.domain.status import POPULATIONS, Closure, Message, Standing, Way, states_of
from rempart.faces.public import app, view
from rempart.operations.status.watch import PORT_OFFSETS, Known
from rempart.settings import Settings, read_settings
from tests.support.calling import Reply, caller_of

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
LINKS = view.Links("https://portail.exemple.fr", "https://comptoir.exemple.fr")


def known(
    *closures: Closure,
    messages: tuple[Message, ...] = (),
    silent_since: datetime | None = None,
    at: datetime | None = NOON,
) -> Known:
    return Known(NOON, at, silent_since, closures, messages, states_of(closures, messages, {}))


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Give the settings of a platform that was set up with nothing but defaults."""
    return read_settings({"REMPART_HOME": "/tmp/rempart-nowhere"})


async def shown(settings: Settings, monkeypatch: pytest.MonkeyPatch, state: Known, path: str = "/") -> Reply:
    """Build the face on something known, and ask it; nothing else runs."""

    class Told:
        def __init__(self, _: Settings, tell: object) -> None:
            tell(state)  # type: ignore[operator]  # the page's own `make`

    monkeypatch.setattr(app, "Watch", Told)
    return await caller_of(app.build(settings))("GET", path)


async def test_the_page_may_be_kept_and_holds_no_script(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await shown(settings, monkeypatch, known())
    assert page.status == 200
    assert page.headers["cache-control"] == "public, max-age=2, stale-if-error=86400"
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text
    assert "Tout fonctionne" in page.text
    assert "Rien n’a été fermé." in page.text


async def test_those_who_are_told_the_same_are_told_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Message("optician", "Le comptoir <b>répond</b>.", NOON, next_news_at=NOON + timedelta(hours=2))
    state = known(Closure("face", "portal", 2, NOON), messages=(message,))
    page = await shown(settings, monkeypatch, state)
    assert page.text.count("Posez vos questions au comptoir") == 2, "the optician has a message of his own"
    assert "&lt;b&gt;" in page.text
    assert "Prochaines nouvelles le" in page.text
    assert "22 novembre 2026 à 14\u00a0h\u00a000" in page.text, "in Paris"
    assert all(f'id="{population}"' in page.text for population in POPULATIONS)


@pytest.mark.parametrize("mode", [1, 2, 4])
@pytest.mark.parametrize(
    ("region", "places"),
    [
        (53, "Région Bretagne"),
        (0, "Lieux dont la région ne nous est pas connue"),
        (99, "Lieux dont la région ne nous"),
    ],
)
async def test_a_part_of_a_profession_is_told_where_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, mode: int, region: int, places: str
) -> None:
    state = known(Closure("shape", "pharmacist", mode, NOON, None, region))
    page = await shown(settings, monkeypatch, state)
    assert "Le service est limité" in page.text or mode == 2
    assert page.text.count(places) == 2, "now, and in the history"
    assert "Pharmaciens" in page.text.split("Tout fonctionne pour")[0]


def test_each_region_has_a_name() -> None:
    assert {int(code) for code in view.WORDS["regions"]} == set(_BY_DEPARTEMENT)


async def test_programs_are_told_the_same(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    state = known(Closure("insurer", "Mutuelle du Port", 2, NOON))
    reply = await shown(settings, monkeypatch, state, "/status.json")
    told = json.loads(reply.body)
    assert (told["is_current"], told["all_open"]) == (True, False)
    assert told["known_at"]["at"] == "2026-11-22T12:00:00+01:00"
    assert {population["code"] for population in told["touched"] + told["untouched"]} == set(POPULATIONS)
    assert "Mutuelle du Port" in reply.text
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_without_news_it_says_since_when(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    late = await shown(settings, monkeypatch, known(silent_since=NOON))
    assert "Sans nouvelles du service" in late.text
    assert "dernier état connu" in late.text
    never = await shown(settings, monkeypatch, known(at=None, silent_since=NOON))
    assert "État du service inconnu" in never.text
    assert "Tout fonctionne" not in never.text


def test_every_closure_and_every_advice_has_words() -> None:
    scopes = ["platform", "profession", "insurer", "software", "shape", *(f"face-{way}" for way in Way)]
    assert {f"{scope}-{mode}" for scope in scopes for mode in (1, 2, 4)} == set(view.WORDS["history"])
    assert set(view.WORDS["populations"]) == set(POPULATIONS)
    assert set(view.WORDS["standings"]) == set(Standing.__members__)
    every = [Closure(scope, named, mode, NOON) for scope, named in (
        ("platform", ""), ("profession", "optician"), ("insurer", "M"), ("software", ""), *(("face", way) for way in Way)
    ) for mode in (1, 2, 4)]  # fmt: skip
    every += [Closure("platform", "", 2, NOON, back_by=NOON), Closure("face", "fhir", 2, NOON, back_by=NOON)]
    for closures in (chosen for size in range(4) for chosen in combinations(every, size)):
        for state in states_of(closures, [], {}):
            assert state.advice == "" or state.advice in view.WORDS["advice"], (state, closures)
            assert all(f"{one.scope}-{one.mode}" in view.WORDS["narrower"] for one in state.narrower)


async def test_a_return_by_waves_is_not_called_closed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, said = NOON + timedelta(hours=2), "22 novembre 2026 à 14\u00a0h\u00a000"
    state = known(
        Closure("platform", "", 2, NOON, back_by=end), Closure("insurer", "Mutuelle", 2, NOON, back_by=end)
    )
    page = await shown(settings, monkeypatch, state)
    now, history = page.text.split("Ces 30 derniers jours")
    assert "<h1>Le service revient par vagues</h1>" in now
    assert f"revient par vagues jusqu’au {said}" in now
    assert "Réessayez" in now
    assert "Fermé" not in now
    assert "réouverture" not in now
    assert f"Le retour se fait par vagues jusqu’au {said}" in now, "at an insurer"
    assert "retour par vagues jusqu’au" in history
    told = json.loads((await shown(settings, monkeypatch, state, "/status.json")).body)
    for population in told["touched"]:
        assert said in population["advice"], population["code"]
        assert population["back_by"]["at"] == "2026-11-22T14:00:00+01:00"
        assert {way["standing"] for way in population["ways"]} <= {"returning"}
        assert "Fermé" not in population["level_said"]
    assert {population["code"] for population in told["touched"]} == set(POPULATIONS)
    assert told["history"][0]["back_by"]["said"] == said


async def test_what_is_slowed_is_not_called_closed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await shown(settings, monkeypatch, known(Closure("face", "portal", 4, NOON)))
    assert "Le service est limité" in page.text
    assert "Le portail est ralenti, depuis le" in page.text
    assert "fermé" not in page.text


def test_the_faces_that_are_listened_to_are_where_they_run() -> None:
    assert {face: FACES[face].port_offset for face in PORT_OFFSETS} == PORT_OFFSETS
