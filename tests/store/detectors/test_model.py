"""Step 6 of the gate: what an answer says is weighed as the reference model weighs it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.domain.detectors import SCORED, SPEAKING, Measure, Signal
from tests.support.shadow import Shadow, Trait, acquaint
from tests.support.suspicion import BRETAGNE, ENDED, NORMANDIE, deaf_but, shop
from tests.support.world import Insurer, Session, World, digest


@pytest.mark.parametrize("together", [False, True])
def test_the_gate_weighs_as_the_reference_model_does(
    world: World, till: Session, insurer: Insurer, together: bool
) -> None:
    """Whatever is asked, about whomever, with whatever cards: the same signals in each receipt, the same scores at the end."""
    known = {
        "new": (world.person("Léa", insurer), Trait()),
        "new, ended": (world.person("Hugo", insurer, ENDED), Trait(is_ended=True)),
        "known long": (world.person("Inès", insurer), Trait(first_seen_days_ago=60)),
        "known long, met lately": (
            world.person("Zoé", insurer),
            Trait(first_seen_days_ago=300, last_seen_days_ago=6),
        ),
        "known long, met a week ago": (
            world.person("Noé", insurer),
            Trait(first_seen_days_ago=300, last_seen_days_ago=7),
        ),
        "known long, ended": (
            world.person("Adam", insurer, ENDED),
            Trait(is_ended=True, first_seen_days_ago=300),
        ),
        "known 59 days": (world.person("Jade", insurer), Trait(first_seen_days_ago=59)),
        "nobody": (world.stranger("Personne", insurer), Trait(is_found=False)),
        "nobody else": (world.stranger("Nul", insurer), Trait(is_found=False)),
        "canary": (world.person("Aucune", insurer), Trait(is_canary=True)),
    } | {f"new {n}": (world.person(f"Louise {n}", insurer), Trait()) for n in range(12)}
    canary = known["canary"][0]
    world.do(
        "insert into gate.canaries values (%s, %s, 'liste de démonstration')",
        canary.person_id,
        insurer.insurer_id,
    )
    deaf_but(world, Signal.CANARY, Signal.WALK, Signal.TOGETHER)
    world.detectors(Signal.TOGETHER, threshold=12)
    today = world.today()
    seen: set[Signal] = set()

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        script=st.lists(
            st.tuples(
                st.sampled_from(list(known)),
                st.sampled_from([None, None, None, True, False]),
                st.sampled_from([None, 1, 1, 2, 3]),
                st.sampled_from([None, BRETAGNE, NORMANDIE, NORMANDIE]),
                st.sampled_from([None, None, None, 1]),
            ),
            min_size=1,
            max_size=30,
        )
    )
    def compare(script: list[tuple[str, bool | None, int | None, int | None, int | None]]) -> None:
        session = shop(world)
        for person, trait in known.values():
            if trait.first_seen_days_ago is not None:
                assert person.person_id is not None
                first, last = trait.first_seen_days_ago, trait.last_seen_days_ago
                acquaint(world, session, person.person_id, first, today, last)
        shadow = Shadow(world, session, BRETAGNE)
        rows = [
            session.about(
                known[name][0],
                card=None
                if card is None
                else known[name][0].card
                if card and known[name][1].is_found
                else digest("wrong"),
                cell=cell,
                birth=birth,
                break_glass=glass,
            )
            for name, card, cell, birth, glass in script
        ]
        traits = [known[name][1] for name, *_ in script]
        cards = [None if card is None else card and known[name][1].is_found for name, card, *_ in script]
        told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
        heard = shadow.follow(rows, told, traits, cards)
        written = [
            world.one("select signals from evidence.receipts where receipt_id = %s", answer.receipt_id)
            for answer in told
        ]
        assert written == heard
        scores = world.scores(session.account)
        assert [scores[signal] for signal in SCORED] == pytest.approx(shadow.watch.scores)
        assert world.state(session.account, "(watch).recent_cells") == shadow.watch.recent_cells
        is_frozen = world.state(session.account, "standing") == 2
        assert is_frozen == (shadow.conviction is not None and shadow.conviction.measure is Measure.FREEZE)
        seen.update(signal for signal in SPEAKING for bits in heard if bits >> (signal - 1) & 0x101)
        seen.update({Signal.TOGETHER} if scores[Signal.TOGETHER] > 0 else ())
        if is_frozen:
            assert shadow.conviction is not None
            seen.add(shadow.conviction.signal)

    compare()
    assert seen >= {*SCORED, Signal.CANARY} - ({Signal.REGULARITY} if together else set())
