"""Take a piece out of what holds operators, and see that a test notices: a control that no test misses is not held by any.

Each mutant is a function of the operators' with one piece changed, installed in this module's database; the test named beside
it passes on the whole function and must fail on the mutant. What is held twice (a used invitation, who agrees to oneself) has no
mutant of a single piece.
"""

import inspect
from collections.abc import Callable
from typing import NamedTuple

import psycopg
import pytest

from tests.store import test_begin_again as begin_again
from tests.store import test_operators as whole
from tests.store import test_operators_signatures as signatures
from tests.store import test_policies_signed as policies
from tests.store import test_proposals as loosening
from tests.store import test_what_is_signed as signing
from tests.support.operators import enrolled
from tests.support.world import World

Check = Callable[[World], None]


class Mutant(NamedTuple):
    """A piece of a function, what stands in its place, and the test that must notice."""

    function: str
    piece: str
    instead: str
    check: Check


def ceremony(**bent: object) -> Check:
    return lambda world: whole.test_a_session_takes_a_whole_ceremony(world, enrolled(world), bent)


def signed(world: World) -> None:
    signatures.test_a_signature_that_is_none_is_not_taken(world)
    signatures.test_a_true_signature_is_taken_and_a_touched_one_is_not(world, 42)


def not_done(world: World) -> None:
    whole.test_an_act_that_the_key_did_not_sign_is_not_done(
        world, enrolled(world), enrolled(world), world.account()
    )


def two(world: World) -> None:
    whole.test_a_release_takes_two_operators(world, enrolled(world), enrolled(world), world.account())


def machine(world: World) -> None:
    whole.test_what_was_asked_by_no_key_is_nobodys_word(
        world, enrolled(world), enrolled(world), world.account()
    )


def changed(world: World) -> None:
    whole.test_what_came_to_say_something_else_is_not_what_was_signed(
        world, enrolled(world), enrolled(world), world.account()
    )


def third(world: World) -> None:
    whole.test_from_the_third_on_two_who_are_there_sign(world, enrolled(world), enrolled(world))


def dismissed(world: World) -> None:
    whole.test_who_was_dismissed_is_out_at_once(world, enrolled(world), enrolled(world))


def alone(check: Callable[..., None]) -> Check:
    return lambda world: check(world, enrolled(world))


def nobody(check: Callable[..., None], *more: object) -> Check:
    """Play a test of the proposals on a platform where nobody has a key yet, or that two operators have."""

    def played(world: World) -> None:
        for table in ("console.operators", "console.proposals"):
            world.do(f"truncate {table} cascade")
        given = inspect.signature(check).parameters
        check(world, *(enrolled(world) for name in given if name in {"nadia", "hugo"}), *more)

    return played


WHO, IN, ADMIT, PERFORM = "operator_who_signed", "sign_in", "admit", "perform"

MUTANTS = [
    Mutant(WHO, "said ->> 'type' is distinct from 'webauthn.get'", "false", ceremony(kind="webauthn.create")),
    Mutant(WHO, "said ->> 'origin' is distinct from k.origin", "false", ceremony(origin="https://autre.example")),
    Mutant(WHO, "coalesce(said ->> 'crossOrigin', 'false') <> 'false'", "false", ceremony(is_framed=True)),
    Mutant(WHO, "substr(p_authenticator_data, 1, 32) <> k.rp_digest", "false", ceremony(host="example")),
    Mutant(WHO, "& 5 <> 5", "& 1 <> 1", ceremony(flags=1)),
    Mutant(WHO, "& 5 <> 5", "& 4 <> 4", ceremony(flags=4)),
    Mutant(WHO, "and counted <= k.sign_count", "and false", ceremony(counted=0)),
    Mutant(WHO, "said ->> 'challenge' is distinct from", "false and '' is distinct from",
           alone(whole.test_a_signature_over_another_challenge_opens_nothing)),
    Mutant(WHO, "or not console.is_signed(k.public_key, p_authenticator_data || sha256(p_client_data), p_signature)", "",
           alone(whole.test_another_key_under_the_same_name_opens_nothing)),
    Mutant(WHO, "and (o.approved_at is not null or not o.needs_approval)", "", third),
    Mutant("invite", "count(*) >= 2", "false", third),
    Mutant("dismiss", "set revoked_at = now(), revoked_because = 'dismissed'", "set revoked_because = 'dismissed'", dismissed),
    Mutant(IN, "c.key_thumbprint = p_thumbprint and", "",
           alone(whole.test_what_a_key_signed_for_one_browser_opens_nothing_for_another)),
    Mutant(IN, "and c.expires_at > now()", "", alone(whole.test_a_session_takes_a_challenge_of_ours_once)),
    Mutant(IN, "if not found then return; end if;", "", alone(whole.test_a_session_takes_a_challenge_of_ours_once)),
    Mutant("invited", "and i.expires_at > now()", "", whole.test_an_invitation_serves_once_and_only_its_own_registration),
    Mutant("present", "c.revoked_at is null and", "", dismissed),
    Mutant(ADMIT, "when s.nonce_digest is distinct from p_nonce then 'nonce-diverged'", "when false then ''",
           alone(whole.test_each_proof_brings_the_nonce_of_the_next_and_a_copy_diverges)),
    Mutant(ADMIT, "if refused = 'nonce-diverged' then", "if false then",
           alone(whole.test_each_proof_brings_the_nonce_of_the_next_and_a_copy_diverges)),
    Mutant(ADMIT, "when s.last_proof = p_proof then 'proof-replayed'", "",
           alone(whole.test_the_last_proof_again_learns_the_next_nonce_and_nothing_else)),
    Mutant(ADMIT, "case when p_is_by_hand and refused is null then now()", "case when true then now()",
           alone(whole.test_a_page_that_asks_by_itself_keeps_no_session_alive)),
    Mutant(ADMIT, "when s.key_thumbprint <> p_thumbprint then 'key-mismatch'", "",
           alone(whole.test_a_session_ends_and_is_of_one_browser)),
    Mutant(ADMIT, "when s.expires_at <= now() then 'session-expired'", "",
           alone(whole.test_a_session_ends_and_is_of_one_browser)),
    Mutant(PERFORM, "and k.session_id = s.session_id", "", not_done),
    Mutant(PERFORM, "and k.expires_at > now()", "", not_done),
    Mutant(PERFORM, "is distinct from s.operator_id", "is null", not_done),
    Mutant(PERFORM, "when not console.may(me.role, c.act ->> 'kind') then 'operator-not-entitled'", "",
           lambda world: whole.test_who_lost_the_right_in_between_does_not_loosen(world, enrolled(world), world.account())),
    Mutant("done", "return console.released(p_act, p_me);", "return 'released';", two),
    Mutant("released", "if asked.release_id is not null and not console.still_asked(asked) then",
           "if false then", machine),
    Mutant(PERFORM, "when console.sentence_of(c.act, me.operator_id) is distinct from c.sentence then 'nothing-of-that-name'", "",
           changed),
    Mutant("is_signed", "if r <= 0 or r >= n or s <= 0 or s >= n then return false; end if;", "", signed),
    Mutant("enrol", "or not console.is_on_curve(p_public_key)", "", whole.test_a_key_off_the_curve_is_not_registered),
    Mutant("is_signed", "= r;", "is not null;", signed),
    Mutant("has_operators", "select exists (select from console.passkeys)",
           "select exists (select from console.operators where revoked_at is null)",
           nobody(begin_again.test_where_everybody_was_dismissed_nobody_loosens, "channel")),
    Mutant("invite", "or exists (select from console.passkeys as k where k.operator_id = o.operator_id)\n        or",
           "or false and",
           nobody(begin_again.test_who_dismisses_everybody_invites_nobody_without_signatures)),
    *(
        Mutant("ask", "is_signed := may_be_signed and console.loosens(p_kind, p_what) is not false;", "is_signed := false;",
               nobody(loosening.test_what_loosens_takes_two_keys, kind))
        for kind in loosening.KINDS
    ),
    Mutant("ask", "if p_kind in ('admit', 'begin-again') then", "if false then",
           nobody(loosening.test_the_machines_role_loosens_by_no_other_way,
                  "select console.ask('admit', '{\"operator_id\": 1}', 'x', 'me')")),
    Mutant("signed", "if here.first_operator_id = p_me.operator_id then return 'agreement-by-same-person'; end if;", "",
           nobody(begin_again.test_one_of_two_does_not_admit_a_third_alone_even_after_the_other_left)),
    Mutant("signed", "if not console.still_counts(here.first_operator_id) or", "if here.first_operator_id is null or",
           nobody(loosening.test_whose_word_is_worth_nothing_any_more_has_not_signed)),
    Mutant("may", "'sign', ", "", nobody(loosening.test_the_support_refuses_and_does_not_sign)),
    Mutant("asks_for_less", "(p_what ->> 'required')::int < o.required or", "",
           nobody(policies.test_a_policy_that_asks_for_less_or_lets_more_count_is_signed, (1, 1, 126), (0, 1, 126), "to-sign")),
    Mutant("asks_for_less", "(p_what ->> 'stepped_up')::int < o.stepped_up", "false",
           nobody(policies.test_a_policy_that_asks_for_less_or_lets_more_count_is_signed, (3, 3, 126), (3, 1, 126), "to-sign")),
    Mutant("asks_for_less", "(p_what ->> 'accepted')::int & ~o.accepted <> 0", "false",
           nobody(policies.test_a_policy_that_asks_for_less_or_lets_more_count_is_signed, (3, 1, 118), (3, 1, 126), "to-sign")),
    Mutant("loosens", "and p.revoked_at is null", "",
           nobody(loosening.test_a_provider_is_revoked_by_one_and_believed_again_by_two)),
    Mutant("loosens", "and p.jwks_uri = p_what ->> 'jwks_uri'", "",
           nobody(loosening.test_a_provider_is_revoked_by_one_and_believed_again_by_two)),
    Mutant("apply", "array(select g.valid_from from console.policies_taken_back(p.what) as g)", "'{}'",
           nobody(policies.test_a_planned_policy_that_asks_for_less_goes_when_one_is_tightened)),
    Mutant("invite", "or exists (select from console.passkeys as k where k.created_at <= o.revoked_at)", "",
           nobody(signing.test_the_first_one_there_does_not_put_herself_in_the_place_of_the_second)),
    Mutant("day_of", "case when p_kind = 'presence' and not exists", "case when p_kind = 'presence' or not exists",
           nobody(signing.test_a_policy_in_force_is_not_undone_by_dating_the_change_yesterday)),
    Mutant("policies_taken_back", "and console.asks_for_less(p_what) is not true", "",
           nobody(signing.test_what_is_signed_for_a_term_keeps_what_is_planned_after_it)),
    Mutant("signed", "or here.first_read is distinct from console.digest_of(here)", "",
           nobody(signing.test_a_signature_is_worth_nothing_once_what_changes_is_not_what_it_said)),
    Mutant("held", "'la condamnation ' || v.conviction_id", "'la condamnation'",
           nobody(signing.test_what_was_signed_for_one_conviction_lifts_no_later_one, signing.by_act)),
    Mutant("still_asked", "r.asked_read = console.digest_of_held(r.containment_id, r.account_id)", "true",
           nobody(signing.test_what_was_signed_for_one_conviction_lifts_no_later_one, signing.by_act)),
    Mutant("change_rules", "and r.valid_from >= p_from", "and r.valid_from > p_from",
           nobody(signing.test_a_mistake_in_the_detectors_is_undone_the_same_day)),
    Mutant("begin_again", "and o.role <> 'support'", "",
           nobody(signing.test_who_may_not_sign_is_not_counted_among_those_who_do)),
    Mutant("ask", ">= 100", ">= 1000", nobody(signing.test_no_more_proposals_wait_than_anybody_reads)),
    Mutant(PERFORM, "lock table console.proposals, gate.releases in share row exclusive mode;", "",
           nobody(loosening.test_of_two_who_sign_at_once_one_has_read_that_it_was_the_first)),
    Mutant("loosens", "g.required > (p_what ->> 'required')::int", "false",
           nobody(policies.test_what_is_planned_and_asks_for_more_in_one_respect_is_not_taken_back_by_one)),
    Mutant("day_of", "select greatest((p_what ->> 'valid_from')::date,", "select coalesce((p_what ->> 'valid_from')::date,",
           nobody(policies.test_signatures_that_took_longer_do_not_change_the_past)),
    Mutant("begin_again", "if cardinality(signers) < 2 then", "if true then",
           nobody(begin_again.test_the_owner_of_the_database_begins_again_and_everybody_sees_it)),
    Mutant("change_of", "coalesce(c.url, nobody)", "nobody",
           nobody(loosening.test_an_operator_reads_all_that_changes_before_signing)),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.function}: {mutant.piece[:60]}")
def test_a_piece_taken_out_is_noticed(world: World, mutant: Mutant) -> None:
    text = world.one(
        "select pg_get_functiondef(p.oid) from pg_proc as p"
        " where p.pronamespace in ('console'::regnamespace, 'platform'::regnamespace) and p.proname = %s"
        " order by p.pronamespace <> 'console'::regnamespace limit 1",
        mutant.function,
    )
    assert text.count(mutant.piece) == 1, "the piece has other words now: say them here"
    world.do("update console.operators set revoked_at = now() where revoked_at is null")
    mutant.check(world)
    world.do("update console.operators set revoked_at = now() where revoked_at is null")
    world.owner.execute(
        text.replace(mutant.piece, mutant.instead)
    )  # no parameters: the text has signs of its own
    try:
        with pytest.raises((AssertionError, psycopg.Error, pytest.fail.Exception)):
            mutant.check(world)
    finally:
        world.owner.execute(text)
