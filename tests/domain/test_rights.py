"""The words of a rights question: numbers that are in the database for good, and the masks of domains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.rights import OUTCOME_BY_NUMBER, BreakGlassReason, Domain, Outcome, domains_of


@given(st.sets(st.sampled_from(Domain)))
def test_a_mask_lists_the_domains_that_it_was_made_of(domains: set[Domain]) -> None:
    mask = sum(domain.bit for domain in domains)
    assert domains_of(mask) == tuple(sorted(domains))


def test_a_published_number_never_changes_its_meaning() -> None:
    assert {
        outcome.number: outcome.code
        for outcome in (Outcome.OPEN, Outcome.NOT_CONFIRMED, Outcome.INSURER_NOT_SERVED)
    } == {
        1: "open",
        10: "not-confirmed",
        20: "insurer-not-served",
    }
    assert {reason.value: reason.name for reason in BreakGlassReason} == {
        1: "URGENT_CARE",
        2: "CARD_FORGOTTEN",
        3: "CARD_UNREADABLE",
        4: "NEWBORN",
        5: "HOME_VISIT",
    }


def test_no_two_outcomes_share_a_number_or_a_code() -> None:
    assert len(OUTCOME_BY_NUMBER) == len(Outcome)
    assert len({outcome.code for outcome in Outcome}) == len(Outcome)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_found_by_its_number(outcome: Outcome) -> None:
    assert OUTCOME_BY_NUMBER[outcome.number] is outcome
