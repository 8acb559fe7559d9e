"""Take a piece out of the gate, and see that a test notices: a control that no test misses is not held by any.

Each mutant is the text of gate.ask with one piece changed, installed in this module's database; the test named beside it passes
on the whole gate and must fail on the mutant. Every one of the eight steps has its mutants.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

import psycopg
import pytest

from bench.gate import DETECTORS
from rempart.domain.detectors import Measure
from rempart.domain.rights import Outcome
from rempart.store.database import connect_sync
from rempart.store.migrations import known_migrations
from tests.attacks import test_owned_face as owned
from tests.store import test_gate_accounts as accounts
from tests.store import test_gate_budgets as budgets
from tests.store import test_gate_channels as channels
from tests.store import test_gate_containment as containment
from tests.store import test_gate_faces as faces
from tests.store import test_gate_presence as presence
from tests.store import test_gate_questions as questions
from tests.store import test_gate_receipts as receipts
from tests.store import test_gate_session as session
from tests.store import test_gate_staff as staff
from tests.store import test_gate_states as states
from tests.store import test_gate_structure as structure
from tests.store import test_release as release
from tests.store.detectors import test_convictions as convictions
from tests.store.detectors import test_guesses as guesses
from tests.store.detectors import test_model as model
from tests.store.detectors import test_new_devices as devices
from tests.store.detectors import test_signals as signals
from tests.support import suspicion
from tests.support.world import Person, Right, Session, World, outcome

Check = Callable[[World], None]


class Mutant(NamedTuple):
    """A piece of the gate, what stands in its place, and the test that must notice."""

    step: str
    piece: str
    instead: str
    check: Check


def till(world: World) -> Session:
    return world.software_session(world.account())


def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


def ended(world: World) -> Person:
    return world.person("Léa", world.insurer(), presence.ENDED)


def session_ends(change: str, refusal: Outcome) -> Check:
    return lambda world: session.test_a_session_that_is_over_is_refused_with_a_receipt(
        world, till(world), change, refusal
    )


def frozen_scope(scope: str) -> Check:
    return lambda world: containment.test_a_frozen_scope_refuses_and_stops_nobody_else(
        world, shop(world), world.software_session(world.account("optician")), lea(world), scope
    )


def shop(world: World) -> Session:
    """A till in a region, whose budgets are no matter."""
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000000, people_per_day = 1000000"
        " where profession_id = 1"
    )
    return suspicion.shop(world)


def weighs(world: World, *, together: bool) -> None:
    model.test_the_gate_weighs_as_the_reference_model_does(world, shop(world), world.insurer(), together)


def many_return(world: World) -> None:
    with connect_sync(world.database.settings, "operator") as operator:
        release.test_many_come_back_one_after_the_other(operator, world, lea(world))


def midwife(world: World) -> Session:
    world.do(
        "update access.profession_rules set rate_interval_ms = 60000, rate_burst = 5, people_per_day = 1000"
        " where profession_id = 10"
    )
    return world.software_session(world.account("midwife"))


def small_day(world: World) -> Session:
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000, people_per_day = 4"
        " where profession_id = 10"
    )
    return world.software_session(world.account("midwife"))


def busy(world: World) -> structure.Hospital:
    return structure.hospital_of(world)


def state_is(right: Right, expected: Outcome) -> Check:
    def check(world: World) -> None:
        person = world.person("Léa", world.insurer(), right)
        assert outcome(world.ask(till(world).about(person, card=person.card))) is expected

    return check


def asked_with(trick: Callable[..., object]) -> Check:
    return lambda world: owned.test_nothing_is_asked_that_could_be_measured_or_told_and_then_rolled_back(
        world, world.face("fhir"), till(world), lea(world), trick
    )


DRAWN_CARD = """
select p.card_digest from members.aliases as a join members.people as p using (person_id)
where a.alias_digest >= %s order by a.alias_digest limit 1
"""


def strangers_have_no_rights(world: World) -> None:
    """Somebody's records are read in the place of a stranger's; whoever is drawn, nothing of it is told."""
    insurer = world.insurer()
    for place in range(3):
        world.person(f"Louise {place}", insurer)
    for _ in range(20):
        stranger = world.stranger("Personne", insurer)
        card = world.owner.execute(DRAWN_CARD, (stranger.alias,)).fetchone()
        shop = world.software_session(world.account())
        told = [
            world.ask(shop.about(stranger)),
            world.ask(shop.about(stranger, card=card and bytes(card[0]))),
        ]
        assert {(outcome(answer), answer.presence) for answer in told} == {(Outcome.NOT_CONFIRMED, 0)}


def answers_have_receipts(world: World) -> None:
    told = world.ask(till(world).about(lea(world)))
    assert receipts.receipt(world, told)["outcome"] == Outcome.OPEN.number


def stale_is_said(world: World) -> None:
    late = world.insurer(data_age_h=49)
    assert (
        outcome(world.ask(till(world).about(world.stranger("Personne", late)))) is Outcome.INSURER_DATA_STALE
    )


MUTANTS = [
    Mutant("1 session", "when s.session_id is null then 40", "when false then 40",
           lambda world: session.test_a_token_that_nobody_was_given_is_refused_and_leaves_nothing(world, till(world))),
    Mutant("1 session", "when s.revoked_at is not null then 42", "when false then 42",
           session_ends("revoked_at = now()", Outcome.SESSION_REVOKED)),
    Mutant("1 session", "when s.expires_at <= batch_at or", "when",
           session_ends("expires_at = now()", Outcome.SESSION_EXPIRED)),
    Mutant("1 session", "when s.last_used_at + make_interval(secs => s.idle_s) <= batch_at then 43", "when false then 43",
           session_ends("idle_s = 60, last_used_at = now() - interval '60 s'", Outcome.SESSION_IDLE)),
    Mutant("1 session", "when s.key_thumbprint is distinct from u.thumbprint then 44", "when false then 44",
           lambda world: session.test_a_token_with_another_key_or_with_none_is_refused(world, till(world), b"\0" * 32)),
    Mutant("1 session", "s.key_thumbprint is distinct from u.thumbprint", "s.key_thumbprint <> u.thumbprint",
           lambda world: session.test_a_token_with_another_key_or_with_none_is_refused(world, till(world), None)),
    Mutant("1 session", "coalesce(s.face, 1) <> this_face", "false",
           lambda world: session.test_a_softwares_session_is_no_good_at_the_portal_nor_a_browsers_at_the_api(
               world, till(world), world.browser_session(world.account()))),
    Mutant("1 session", "coalesce(s.face, 1) <> this_face", "(s.face is null) <> (this_face = 1)",
           lambda world: faces.test_a_session_serves_at_its_own_face_alone(world, "portal", "counter")),
    Mutant("1 session", "when 9 then u.amc is not null", "when 9 then false",
           lambda world: session.test_the_identity_process_admits_both_kinds_of_sessions_but_asks_about_nobody(
               world, till(world), world.browser_session(world.account()))),
    Mutant("1 session", "current_setting('transaction_isolation') <> 'read committed'", "false",
           lambda world: owned.test_an_old_snapshot_does_not_outlive_a_containment(
               world.face("fhir"), till(world), lea(world), "repeatable read")),
    Mutant("2 proof", "clock_s - 60 and clock_s + 5", "clock_s - 1e9 and clock_s + 5",
           lambda world: session.test_a_proof_is_young_and_not_from_the_future(world, till(world), -62, Outcome.PROOF_STALE)),
    Mutant("2 proof", "clock_s - 60 and clock_s + 5", "clock_s - 60 and clock_s + 1e9",
           lambda world: session.test_a_proof_is_young_and_not_from_the_future(world, till(world), 7, Outcome.PROOF_STALE)),
    Mutant("2 proof", "insert into gate.proofs select e.* from unnest(proofs) as e;", "",
           lambda world: session.test_a_proof_serves_once_on_the_same_connection_and_on_another(world, till(world))),
    Mutant("2 proof", "any(used) then outcome := 45; exit decision;", "any(used) then null;",
           lambda world: session.test_a_proof_serves_once_in_a_batch(world, till(world))),
    Mutant("2 proof", "s.nonce_digest = q.nonce;", "true;",
           lambda world: session.test_a_copied_browser_profile_is_revoked_when_its_nonces_diverge(
               world, world.browser_session(world.account()), "used")),
    Mutant("2 proof", "revoked_at = batch_at, revoked_because = 'nonce diverged'", "revoked_because = 'nonce diverged'",
           lambda world: session.test_a_copied_browser_profile_is_revoked_when_its_nonces_diverge(
               world, world.browser_session(world.account()), "unknown")),
    Mutant("2 proof", "if q.session_id = any(revoked)", "if false",
           lambda world: session.test_two_questions_of_a_browser_in_one_batch_diverge_as_they_would_one_by_one(
               world, world.browser_session(world.account()))),
    Mutant("3 containment", "if me.standing = 2 or is_lately", "if is_lately",
           lambda world: accounts.test_a_frozen_account_is_refused_and_its_colleagues_are_not(world, till(world), lea(world))),
    Mutant("3 containment", "or purse.standing = 1 then", "then",
           lambda world: accounts.test_a_revoked_account_stops_itself_and_its_staff(
               world, till(world), lea(world), "the titulaire's")),
    Mutant("3 containment", "if me.standing = 1 or", "if",
           lambda world: accounts.test_a_revoked_account_stops_itself_and_its_staff(world, till(world), lea(world), "his")),
    *(Mutant("3 containment", f"when '{scope}' then", f"when 'no {scope}' then", frozen_scope(scope))
      for scope in containment.SCOPES if scope != "person"),
    Mutant("3 containment", "when 'person' then", "when 'no person' then",
           lambda world: containment.test_a_contained_person_who_shows_their_card_is_answered_unless_frozen(
               world, till(world), lea(world), containment.FREEZE, Outcome.NOT_CONFIRMED)),
    Mutant("3 containment", "if level < 3 and kept_hidden = 1 or kept_hidden = 2 then", "if kept_hidden <> 0 then",
           lambda world: containment.test_a_contained_person_who_shows_their_card_is_answered_unless_frozen(
               world, till(world), lea(world), containment.STEP_UP, Outcome.OPEN)),
    Mutant("3 containment", "level := case when q.break_glass is not null and q.accepted & 4 <> 0 then 2 else 0 end;", "",
           lambda world: containment.test_a_person_who_is_contained_is_told_as_nobody_is(
               world, till(world), lea(world), containment.FREEZE, None, is_regular=True)),
    Mutant("3 containment", "filter (where c.scope <> 'person')", "",
           lambda world: containment.test_a_person_who_is_contained_is_told_as_nobody_is(
               world, till(world), lea(world), containment.FREEZE, None, is_regular=False)),
    Mutant("3 containment", "if containment & 12 <> 0 then", "if false then", frozen_scope("account")),
    Mutant("3 containment", "is_stepped_up := containment & 2 <> 0 or", "is_stepped_up :=",
           lambda world: containment.test_a_scope_that_steps_up_asks_for_presence(world, till(world), lea(world), "account")),
    Mutant("3 question", "i.insurer_id is null or i.served_until <= batch_at then 20", "i.insurer_id is null then 20",
           lambda world: questions.test_an_insurer_that_left_is_not_served_any_more(world, till(world), lea(world))),
    Mutant("3 question", "t.domain not between 0 and 30 or ", "",
           lambda world: questions.test_a_number_that_is_no_domain_is_outside_every_profession(world, lea(world), 32)),
    Mutant("3 question", "(n.domains >> t.domain) & 1 = 0 then 26", "false then 26",
           lambda world: questions.test_a_profession_asks_about_its_own_domains_only(
               world, till(world), world.software_session(world.account("optician")), lea(world), questions.Domain.OPTI)),
    Mutant("3 question", "t.today - 822 and", "t.today - 823 and",
           lambda world: questions.test_care_is_neither_too_old_nor_too_far_ahead(
               world, till(world), lea(world), -823, Outcome.CARE_DATE_OUT_OF_RANGE)),
    Mutant("4 presence", "when q.card_matches and q.accepted & 8 <> 0 then 3", "when q.has_card then 3",
           lambda world: presence.test_a_wrong_card_says_no_more_than_no_card(world, till(world), ended(world), "a wrong card")),
    Mutant("4 presence", "(level > 0 or not (q.has_card or q.has_code))", "true",
           lambda world: presence.test_somebody_elses_card_opens_nothing_even_for_a_person_with_rights(
               world, till(world), ended(world))),
    Mutant("4 presence", "w.proven_on > t.today - interval '12 months'", "w.proven_on > t.today - interval '13 months'",
           lambda world: presence.test_a_known_patient_is_one_for_twelve_months_to_the_day(
               world, till(world), ended(world), 0, presence.Presence.NONE)),
    Mutant("4 presence", "if level between 3 and 5 then", "if level < 6 then",
           lambda world: presence.test_asking_without_a_proof_never_makes_a_known_patient(world, till(world), ended(world))),
    Mutant("4 presence", "w.organisation_id = s.organisation_id and", "",
           lambda world: presence.test_a_known_patient_is_known_to_the_staff_and_to_no_other_shop(
               world, till(world), ended(world))),
    Mutant("4 presence", "if proven <> '{}' then\n                select", "if false then\n                select",
           lambda world: presence.test_a_known_patient_is_known_to_every_titulaire_of_the_place(
               world, till(world), ended(world))),
    Mutant("4 presence", "elsif level < required and (level <> 2 or this_face = 3) then", "elsif false then",
           lambda world: presence.test_an_insurer_may_ask_for_presence(world, till(world), presence.Presence.CARD)),
    Mutant("4 presence", "(required <= 1 or q.break_glass is null)", "true",
           lambda world: presence.test_an_insurer_may_ask_for_presence(world, till(world), presence.Presence.CARD)),
    Mutant("4 presence", "if me.break_glass_today >= 3 or", "if",
           lambda world: staff.test_each_account_of_a_structure_has_three_glasses_and_all_have_sixty(world, ended(world))),
    Mutant("4 presence", "then 60 else 3 end", "then 60 else 4 end",
           lambda world: staff.test_the_glasses_of_a_titulaire_and_his_staff_are_three_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "then 60 else 3 end", "then 600 else 3 end",
           lambda world: staff.test_each_account_of_a_structure_has_three_glasses_and_all_have_sixty(world, ended(world))),
    Mutant("4 presence", "purse.glasses_of_all_today := purse.glasses_of_all_today + 1;", "null;",
           lambda world: staff.test_the_glasses_of_one_batch_are_three_too(world, till(world), ended(world))),
    Mutant("4 presence", "me.glasses_of_all_today := purse.glasses_of_all_today;", "null;",
           lambda world: staff.test_the_glasses_of_a_titulaire_and_his_staff_are_three_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "purse.glasses_of_all_today := 0;", "null;",
           lambda world: staff.test_the_glasses_of_a_titulaire_and_his_staff_are_three_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "or is_new_account;", ";",
           lambda world: staff.test_a_new_member_of_the_staff_proves_presence_for_a_day(world, till(world))),
    Mutant("6 detectors", "and not is_new_account then", "then",
           lambda world: staff.test_nothing_that_a_new_member_asks_speaks_for_the_shop(world, till(world), is_new=True)),
    Mutant("4 presence", "when level = 0 then 10", "when false then 10",
           lambda world: presence.test_without_presence_an_ended_right_a_wrong_one_and_an_unknown_person_look_the_same(
               world, till(world), ended(world))),
    Mutant("4 presence", "when this_face = 3 then 3 when", "when",
           faces.test_the_counter_answers_nothing_without_a_proof_of_presence),
    Mutant("4 presence", "when is_code_right and q.accepted & 16 <> 0 then 4", "when q.has_code then 4",
           lambda world: channels.test_a_code_is_of_one_account_one_person_and_ten_minutes(
               world, till(world), ended(world), "another code")),
    Mutant("4 presence", "where e.account_id = s.account_id and e.subject = d.subject", "where e.subject = d.subject",
           lambda world: channels.test_a_code_is_of_one_account_one_person_and_ten_minutes(
               world, till(world), ended(world), "another account")),
    Mutant("4 presence", "where e.ends_at > batch_at and e.asked_at", "where e.asked_at",
           lambda world: channels.test_a_code_is_of_one_account_one_person_and_ten_minutes(
               world, till(world), ended(world), "ten minutes later")),
    Mutant("4 presence", "q.subject)) < 5;", "q.subject)) < 5000;",
           lambda world: channels.test_five_guesses_and_the_code_is_worth_nothing(world, till(world), ended(world))),
    Mutant("4 presence", "+ cardinality(array_positions(guessed, me.account_id || '/' || q.subject)) < 5", "< 5",
           lambda world: channels.test_guesses_sent_together_are_five_too(world, till(world), ended(world))),
    Mutant("4 presence", "set tries = e.tries + 1", "set tries = e.tries",
           lambda world: channels.test_five_guesses_and_the_code_is_worth_nothing(world, till(world), ended(world))),
    Mutant("4 presence", "e.kind = 5 and e.approved_at is not null", "e.kind = 5",
           lambda world: channels.test_an_approval_makes_the_answer_precise(world, till(world), ended(world))),
    Mutant("4 presence", "q.accepted & (1 << q.asked_for) = 0", "false",
           lambda world: channels.test_what_an_insurer_does_not_accept_is_not_asked_of_anybody(
               world, till(world), ended(world), presence.Presence.CODE)),
    Mutant("4 presence", "me.presence_asked_today >= 40", "false",
           lambda world: staff.test_each_account_of_a_structure_has_forty_requests_and_all_have_four_hundred(
               world, ended(world))),
    Mutant("4 presence", "then 400 else 40 end", "then 400 else 400 end",
           lambda world: staff.test_the_requests_of_a_titulaire_and_his_staff_are_forty_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "then 400 else 40 end", "then 4000 else 40 end",
           lambda world: staff.test_each_account_of_a_structure_has_forty_requests_and_all_have_four_hundred(
               world, ended(world))),
    Mutant("4 presence", "purse.asked_of_all_today := purse.asked_of_all_today + 1;", "null;",
           lambda world: staff.test_the_requests_of_a_titulaire_and_his_staff_are_forty_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "me.asked_of_all_today := purse.asked_of_all_today;", "null;",
           lambda world: staff.test_the_requests_of_a_titulaire_and_his_staff_are_forty_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "purse.asked_of_all_today := 0;", "null;",
           lambda world: staff.test_the_requests_of_a_titulaire_and_his_staff_are_forty_in_all(
               world, till(world), ended(world))),
    Mutant("4 presence", "e.revoked_at is null and e.ends_on > t.today", "e.ends_on > t.today",
           lambda world: channels.test_an_authorisation_ends(world, till(world), ended(world), "revoked_at = now()")),
    Mutant("4 presence", "e.revoked_at is null and e.ends_on > t.today", "e.revoked_at is null",
           lambda world: channels.test_an_authorisation_ends(world, till(world), ended(world), "ends_on = current_date - 1")),
    Mutant("4 presence", "when is_stepped_up then greatest(q.required, q.required_when_stepped_up)", "when is_stepped_up then 1",
           lambda world: channels.test_a_stepped_up_account_may_have_to_prove_its_known_patients_again(
               world, till(world), ended(world))),
    Mutant("4 presence", "y.valid_from <= c.today and c.today < y.valid_until", "true",
           lambda world: channels.test_a_policy_is_dated(world, till(world), ended(world))),
    Mutant("8 receipt", "elsif presence = 2 and repeat_of is null and outcome < 20 and q.subject > 0 then", "elsif false then",
           lambda world: channels.test_a_broken_glass_is_to_be_told_to_the_person(world, till(world), ended(world))),
    Mutant("repeats", "if outcome = 31 and repeat_of is null then\n                requests",
           "if outcome = 31 then\n                requests",
           lambda world: channels.test_a_repeat_with_its_key_asks_the_person_once(world, till(world), ended(world))),
    Mutant("5 budgets", "purse.people_today >= 2 * q.people_per_day", "false",
           lambda world: budgets.test_known_patients_pass_until_the_day_has_had_twice_its_people(world, small_day(world))),
    *(
        Mutant("5 budgets", piece, other,
               lambda world, noise=noise: structure.test_one_members_noise_leaves_the_others_their_part_of_the_rate(
                   world, structure.hospital_of(world), noise))
        for piece, other, noise in (
            ("if me.next_free_s - batch_s <= burst_s then", "if true then", "cards"),
            ("case when q.at_purse <> q.at_me then me.next_free_s end", "null", "plain"),
            ("purse.next_free_s := greatest(purse.next_free_s, batch_s) + q.interval_s;",
             "purse.next_free_s := greatest(purse.next_free_s, batch_s) + q.interval_s * pace;", "slowed"),
        )
    ),
    Mutant("5 budgets", "if wait_s > 0 then", "if false then",
           lambda world: budgets.test_a_burst_is_answered_and_the_next_question_is_told_when_to_come_back(
               world, midwife(world), together=True)),
    Mutant("5 budgets", "greatest(purse.next_free_s, batch_s) + q.interval_s * pace", "purse.next_free_s + q.interval_s * pace",
           lambda world: budgets.test_an_unused_rate_does_not_pile_up(world, midwife(world))),
    Mutant("5 budgets", "if is_new_today and not is_request and purse.people_today >= q.people_per_day / pace", "if false",
           lambda world: budgets.test_so_many_different_people_a_day_and_no_more_without_presence(
               world, small_day(world), together=False)),
    Mutant("5 budgets", "is_new_today := q.was_seen_today is not true;", "is_new_today := true;",
           lambda world: budgets.test_the_same_person_again_is_free(world, small_day(world), together=False)),
    Mutant("5 budgets", "select is_new_today and count(*) = 0", "select is_new_today",
           lambda world: budgets.test_the_same_person_again_is_free(world, small_day(world), together=True)),
    Mutant("5 budgets", "states[q.at_purse] := purse;", "null;",
           lambda world: budgets.test_the_staff_spends_the_titulaires_day(world, small_day(world), together=False)),
    Mutant("5 budgets", "wait_s := greatest(purse.next_free_s, case", "wait_s := coalesce(case",
           lambda world: structure.test_all_who_work_there_spend_one_rate(world, busy(world), together=False)),
    Mutant("5 budgets", "me.next_free_s := purse.next_free_s;", "null;",
           lambda world: structure.test_all_who_work_there_spend_one_rate(world, busy(world), together=True)),
    Mutant("3 containment", "or is_lately_enrolled and purse.standing = 2 then", "or purse.standing = 2 then",
           lambda world: structure.test_one_who_is_frozen_freezes_nobody_else(world, busy(world), 0)),
    Mutant("5 budgets", "batch_at at time zone s.timezone", "batch_at at time zone 'Pacific/Pago_Pago'",
           lambda world: budgets.test_a_new_day_begins_at_midnight_where_the_shop_is(world, small_day(world))),
    Mutant("5 budgets", "if purse.day < q.today then", "if purse.day <> q.today then",
           lambda world: budgets.test_staff_in_another_time_zone_does_not_give_the_titulaire_a_second_day(
               world, small_day(world))),
    Mutant("3 containment", "and c.region = coalesce(me.region, 0)", "",
           lambda world: containment.test_a_shape_is_all_three_of_profession_software_and_region(
               world, shop(world), lea(world), "region")),
    Mutant("3 containment", "and c.region = coalesce(me.region, 0)", "and c.region = me.region",
           lambda world: containment.test_places_whose_region_is_not_known_are_a_shape_too(
               world, shop(world), till(world), lea(world))),
    Mutant("3 containment", "c.software_id = coalesce(q.software_id, 0)", "true",
           lambda world: containment.test_a_shape_is_all_three_of_profession_software_and_region(
               world, shop(world), lea(world), "software")),
    Mutant("3 containment", "gate.is_back(me.account_id, c.waves_from, c.released_at, batch_at)", "true", many_return),
    Mutant("3 containment", "where coalesce(c.released_at, 'infinity') > batch_at", "where c.released_at is null", many_return),
    Mutant("4 presence", "or watch.stepped_up_at is not null\n", "\n",
           lambda world: convictions.test_an_account_that_is_stepped_up_goes_on_with_cards_and_known_patients(
               world, shop(world), world.insurer())),
    Mutant("4 presence", "coalesce(me.opening_until > batch_at, false)", "false",
           lambda world: containment.test_a_place_that_has_just_opened_brings_presence(world, till(world), lea(world))),
    Mutant("5 budgets", "when me.reduced_until > batch_at then 2", "",
           lambda world: containment.test_a_new_device_has_half_a_budget_for_a_day(world, till(world), lea(world))),
    Mutant("5 budgets", "when containment & 16 <> 0 then 10", "when false then 10",
           lambda world: containment.test_a_scope_that_is_slowed_has_a_tenth_of_its_budgets(
               world, till(world), till(world), lea(world), "account")),
    Mutant("6 detectors", "and (watch.scores[i] >= rules.thresholds[first_rule + i]", "and (false",
           lambda world: signals.test_failures_in_a_row_convict_at_the_computed_count_and_not_one_before(
               world, shop(world), world.insurer(), together=False)),
    Mutant("6 detectors", "and (watch.scores[7] >= rules.thresholds[first_rule + 7]", "and (false",
           lambda world: signals.test_signals_too_weak_alone_convict_together(world, shop(world), world.insurer())),
    Mutant("6 detectors", "if i in (1, 2, 3, 5) then", "if true then",
           lambda world: signals.test_signals_too_weak_alone_convict_together(world, shop(world), world.insurer())),
    Mutant("6 detectors", "me.standing := 2;", "null;",
           lambda world: signals.test_failures_in_a_row_convict_at_the_computed_count_and_not_one_before(
               world, shop(world), world.insurer(), together=True)),
    Mutant("6 detectors", "watch.stepped_up_at := batch_at;", "null;",
           lambda world: signals.test_new_people_in_a_row_ask_for_presence_soon(world, world.insurer(), "doctor", 25)),
    Mutant("6 detectors", "says[1] := truth in (4, 9) or is_guess;", "says[1] := truth in (4, 9);",
           lambda world: guesses.test_a_guess_that_is_answered_is_a_failure_too(world, shop(world), world.insurer())),
    Mutant("6 detectors", "if is_guess or is_first and is_told then", "if is_guess or is_first then",
           lambda world: signals.test_an_insurer_that_is_late_convicts_no_shop(world, shop(world))),
    Mutant("6 detectors", "when 4 then not data_is_stale", "when 4 then true",
           lambda world: signals.test_an_insurer_that_is_late_convicts_no_shop(world, shop(world))),
    Mutant("6 detectors", "when 9 then q.data_as_of > batch_at - interval '7 days' is true", "when 9 then true",
           lambda world: signals.test_an_insurer_that_is_late_convicts_no_shop(world, shop(world))),
    Mutant("6 detectors", "when 9 then q.data_as_of > batch_at - interval '7 days' is true", "when 9 then not data_is_stale",
           lambda world: signals.test_a_thief_who_finds_an_insurer_that_is_late_fails_all_the_same(world, shop(world))),
    Mutant("6 detectors", "if is_told then says[3] := truth = 4; end if;", "says[3] := truth = 4;",
           lambda world: signals.test_an_insurer_that_is_late_convicts_no_shop(world, shop(world))),
    Mutant("6 detectors", "if level < 3 and not is_request and", "if level < 3 and",
           lambda world: signals.test_a_request_for_a_code_says_nothing_and_makes_nobody_met(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "if is_new_today and not is_request then", "if is_new_today then",
           lambda world: signals.test_a_request_for_a_code_says_nothing_and_makes_nobody_met(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "and kept_hidden = 0 and (me.opening", "and (me.opening",
           lambda world: signals.test_who_is_contained_is_a_failure_of_nobody(world, shop(world), world.insurer())),
    Mutant("6 detectors", "and (me.opening_until > batch_at) is not true then", "then",
           lambda world: signals.test_nothing_is_learnt_while_a_place_opens(world, shop(world), world.insurer())),
    Mutant("6 detectors", "q.cell)) >= 3;", "q.cell)) >= 2;",
           lambda world: signals.test_a_school_class_is_no_walk(world, shop(world), world.insurer())),
    Mutant("3 containment", "or is_lately_enrolled and purse.standing = 2 then", "then",
           lambda world: staff.test_whom_a_titulaire_enrolled_lately_stands_and_falls_with_him(
               world, shop(world), is_lately=True)),
    Mutant("3 containment", "c.scope = 'account' and is_lately_enrolled and c.target = purse.account_id or", "",
           lambda world: staff.test_whom_a_titulaire_enrolled_lately_is_contained_with_him(
               world, shop(world), is_lately=True)),
    Mutant("6 detectors", "3 * 10 ^ watch.healings then", "3 then",
           lambda world: convictions.test_a_conviction_that_healed_is_forgotten_and_the_next_one_takes_ten_times_as_many(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "is not true then watch.healings := 0; end if;", "is not true then null; end if;",
           lambda world: convictions.test_a_conviction_that_healed_is_forgotten_and_the_next_one_takes_ten_times_as_many(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "is_guess := q.is_code_expected is not true\n", "is_guess := true\n",
           lambda world: guesses.test_the_guesses_of_one_request_are_one_failure(world, shop(world), world.insurer())),
    Mutant("4 presence", "if q.repeat_key is not null and kept_hidden = 0 then", "if q.repeat_key is not null then",
           lambda world: containment.test_who_is_contained_since_is_not_told_again(
               world, till(world), lea(world))),
    Mutant("6 detectors", "truth in (4, 9)", "truth in (9)",
           lambda world: signals.test_an_ended_right_is_a_failure_and_an_open_one_is_not(
               world, shop(world), world.insurer(), Right(ends_on=date(2026, 1, 1)), is_failure=True)),
    Mutant("6 detectors", "if is_first then\n                    if truth", "if true then\n                    if truth",
           lambda world: signals.test_the_same_person_again_says_nothing(world, shop(world), world.insurer())),
    Mutant("6 detectors", "watch := case when is_new_device then me.new_devices else me.watch end;", "watch := me.watch;",
           lambda world: devices.test_the_owners_regulars_do_not_speak_for_a_thief_beside_him(
               world, shop(world), world.insurer(), together=False)),
    Mutant("6 detectors", "if is_new_device then me.new_devices := watch; else", "if false then null; else",
           lambda world: devices.test_what_a_new_device_asks_does_not_weigh_on_the_old_ones(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "least(batch_at, (me.new_devices).stepped_up_at) - interval '60 days';", "'-infinity';",
           lambda world: devices.test_a_device_is_new_for_sixty_days(world, shop(world), world.insurer(), 61, "watch")),
    Mutant("6 detectors", "else q.old_seen_on = q.today is not true end;", "else is_new_today end;",
           lambda world: devices.test_a_thief_cannot_use_up_who_speaks_for_the_owner(world, shop(world), world.insurer())),
    Mutant("6 detectors", "else q.old_seen_on > q.today - 7 end)", "else q.was_seen_lately end)",
           lambda world: devices.test_a_thief_cannot_use_up_who_speaks_for_the_owner(world, shop(world), world.insurer())),
    Mutant("6 detectors", "or is_new_device and (me.watch).stepped_up_at is not null or", "or",
           lambda world: devices.test_a_key_made_anew_escapes_no_step_up(
               world, shop(world), world.insurer(), is_old_stepped_up=True)),
    Mutant("6 detectors", "(me.watch).last_convicted_at, (me.new", "(me.new",
           lambda world: devices.test_a_second_conviction_freezes_through_whichever_devices(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "least(batch_at, (me.new_devices).stepped_up_at) - ", "batch_at - ",
           lambda world: devices.test_age_alone_ends_no_step_up(world, shop(world), world.insurer())),
    Mutant("6 detectors", "if watch.heard_at < batch_at - interval '60 days' then", "if false then",
           lambda world: devices.test_devices_that_are_gone_are_forgotten(
               world, shop(world), world.insurer(), is_new_device=True, days=61, is_forgotten=True)),
    Mutant("6 detectors", "or is_newcomer and crowd.scores[i] >= rules.thresholds[first_rule + i])", ")",
           staff.test_what_convicted_a_newcomer_says_that_it_was_the_newcomers),
    Mutant("6 detectors", "if is_newcomer then purse.newcomers := crowd; end if;", "",
           staff.test_what_convicted_a_newcomer_says_that_it_was_the_newcomers),
    Mutant("6 detectors", "rules.thresholds[first_rule + convicting] - 0.5);", "0);",
           staff.test_the_newcomers_of_one_holder_are_one_thief_until_somebody_speaks_for_them),
    Mutant("6 detectors", "says[2] := true;", "null;",
           lambda world: signals.test_new_people_in_a_row_ask_for_presence_soon(world, world.insurer(), "doctor", 25)),
    Mutant("6 detectors", "and q.first_seen_on <= q.today - settles_days then", "then",
           lambda world: signals.test_an_acquaintance_of_two_months_speaks_for_the_shop_once_a_week(
               world, shop(world), world.insurer(), 59, 8, speaks=False)),
    Mutant("6 detectors", "q.old_seen_on > q.today - 7 end) is not true", "q.old_seen_on > q.today - 7 end) is not null or true",
           lambda world: signals.test_an_acquaintance_of_two_months_speaks_for_the_shop_once_a_week(
               world, shop(world), world.insurer(), 90, 6, speaks=False)),
    Mutant("6 detectors", "elsif (case when is_new_device then q.was", "elsif level = 1 or (case when is_new_device then q.was",
           lambda world: signals.test_a_card_shown_once_makes_no_acquaintance_sooner(world, shop(world), world.insurer())),
    Mutant("6 detectors", "interval '60 days' and q.is_known then 7 else 60 end",
           "interval '60 days' and q.is_known then 60 else 60 end",
           lambda world: signals.test_a_place_that_has_just_opened_makes_acquaintances_sooner_of_whom_it_proved(
               world, shop(world), world.insurer(), 59, is_proven=True, speaks=True)),
    Mutant("6 detectors", "interval '60 days' and q.is_known then 7 else 60 end",
           "interval '600 days' and q.is_known then 7 else 60 end",
           lambda world: signals.test_a_place_that_has_just_opened_makes_acquaintances_sooner_of_whom_it_proved(
               world, shop(world), world.insurer(), 61, is_proven=True, speaks=False)),
    Mutant("6 detectors", "interval '60 days' and q.is_known then 7", "interval '60 days' then 7",
           lambda world: signals.test_a_place_that_has_just_opened_makes_acquaintances_sooner_of_whom_it_proved(
               world, shop(world), world.insurer(), 59, is_proven=False, speaks=False)),
    Mutant("6 detectors", "watch.healed_at := batch_at;\n                        watch := gate.new_watch(watch);",
           "watch.healed_at := batch_at; watch.stepped_up_at := null;",
           lambda world: convictions.test_a_conviction_that_healed_is_forgotten_and_the_next_one_takes_ten_times_as_many(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "filter (where e.is_fresh and e.is_own)", "filter (where e.is_own)",
           lambda world: signals.test_somebody_not_seen_for_a_year_is_new_again(world, shop(world), world.insurer())),
    Mutant("6 detectors", "k where k.organisation_id = s.organisation_id and k.subject = d.subject offset 0",
           "k where k.holder_account_id = s.holder_account_id and k.subject = d.subject offset 0",
           lambda world: signals.test_a_locum_meets_the_patients_of_whom_he_replaces(world, shop(world), world.insurer())),
    Mutant("6 detectors", "where e.is_own or e.first_seen_on < t.today", "where true",
           lambda world: signals.test_whom_a_colleague_met_today_is_as_new_as_before(world, shop(world), world.insurer())),
    Mutant("5 budgets", "bool_or(e.is_own and e.last_seen_on = t.today)", "bool_or(e.last_seen_on = t.today)",
           lambda world: signals.test_whom_a_colleague_met_today_is_as_new_as_before(world, shop(world), world.insurer())),
    Mutant("6 detectors", "says[3] := truth = 4;", "null;",
           lambda world: signals.test_old_rights_one_after_the_other_are_an_old_list(world, shop(world), world.insurer())),
    Mutant("6 detectors", "says[4] := cardinality(array_positions(watch.recent_cells, q.cell)) >= 3;", "null;",
           lambda world: signals.test_order_numbers_tried_in_one_month_and_commune_convict_in_a_handful(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "[greatest(1, cardinality(watch.recent_cells) - 30):]", "",
           lambda world: signals.test_the_memory_of_cells_has_a_bound(world, shop(world), world.insurer())),
    Mutant("6 detectors", "says[5] := q.birth <> me.region;", "null;",
           lambda world: signals.test_people_born_elsewhere_speak_where_they_are_new(world, shop(world), world.insurer())),
    Mutant("6 detectors", "says[6] := abs(gap_s - watch.last_gap_s) <= 0.05 * watch.last_gap_s;", "null;",
           lambda world: signals.test_questions_at_the_pace_of_a_machine_speak(
               world, shop(world), world.insurer(), 1.0, is_regular=True)),
    Mutant("6 detectors", "if outcome in (21, 22, 29) and is_guess then", "if false then",
           lambda world: guesses.test_it_speaks_wherever_presence_lacks(
               world, shop(world), world.insurer(), Outcome.PRESENCE_REQUIRED)),
    Mutant("6 detectors", "if is_new_today and watch.guess_nats > 0 then", "if false then",
           lambda world: guesses.test_a_shop_that_mistypes_one_code_in_five_is_never_convicted(
               world, shop(world), world.insurer(3))),
    Mutant("6 detectors", "if is_new_today and watch.guess_nats > 0 then", "if watch.guess_nats > 0 then",
           lambda world: guesses.test_one_borrowed_card_pays_back_one_relief_a_day(world, shop(world), world.insurer(3))),
    Mutant("6 detectors", "least(watch.guess_nats, watch.scores[1], -rules", "least(watch.scores[1], -rules",
           lambda world: guesses.test_a_card_pays_back_no_other_failure(
               world, shop(world), world.insurer(3), world.insurer())),
    Mutant("6 detectors", "watch.guess_nats := least(watch.guess_nats, watch.scores[1]);", "null;",
           lambda world: guesses.test_a_score_that_fell_for_another_reason_leaves_nothing_to_pay_back(
               world, shop(world), world.insurer(3), world.insurer())),
    Mutant("6 detectors", "if q.is_canary then", "if false then",
           lambda world: convictions.test_a_canary_convicts_at_once_and_answers_as_anybody(world, shop(world), world.insurer())),
    Mutant("6 detectors", "if q.is_canary then", "if level < 3 and q.is_canary then",
           lambda world: convictions.test_who_shows_a_canarys_card_is_convicted_too(world, shop(world), world.insurer())),
    Mutant("6 detectors", "interval '30 days' then\n                measure := 2;", "interval '30 days' then null;",
           lambda world: convictions.test_a_second_conviction_within_thirty_days_freezes(
               world, shop(world), world.insurer(), 29, Measure.FREEZE)),
    Mutant("6 detectors", "and q.is_known is not true then -- an honest", "then -- an honest",
           lambda world: convictions.test_patients_proven_here_before_heal_nothing(world, shop(world), world.insurer())),
    Mutant("6 detectors", "if watch.proven_since >= 3 * 10 ^ watch.healings then", "if false then",
           lambda world: convictions.test_three_people_with_their_cards_put_a_shop_back_in_good_standing(
               world, shop(world), world.insurer())),
    Mutant("6 detectors", "if level < 3 and not is_request", "if not is_request",
           lambda world: weighs(world, together=False)),
    Mutant("6 detectors", "watch := gate.new_watch(watch); -- else the next", "-- else the next",
           lambda world: convictions.test_a_word_after_a_conviction_is_not_a_second_one(world, shop(world), world.insurer())),
    Mutant("6 detectors", "watch.last_asked_s := null; watch.last_gap_s := null;", "null;",
           lambda world: signals.test_a_regular_between_two_new_people_breaks_the_pace(world, shop(world), world.insurer())),
    Mutant("6 detectors", "perform gate.convict(convictions);", "null;",
           lambda world: convictions.test_a_conviction_explains_itself(world, shop(world), world.insurer())),
    Mutant("6 detectors", "elsif watch.rising_since[i] is null then", "elsif true then",
           lambda world: convictions.test_a_conviction_explains_itself(world, shop(world), world.insurer())),
    Mutant("7 the right", "coalesce(r.verdict, 9::smallint)", "coalesce(r.verdict, 1::smallint)",
           lambda world: states.test_somebody_without_any_right_is_not_known_either(world, till(world), world.insurer())),
    Mutant("7 the right", "when l.is_known then coalesce", "when true then coalesce",
           strangers_have_no_rights),
    Mutant("4 presence", "m.card_digest = u.card and l.is_known", "m.card_digest = u.card",
           strangers_have_no_rights),
    Mutant("7 the right", "where l.alias_digest >= u.alias order by l.alias_digest limit 1", "where l.alias_digest = u.alias",
           lambda world: owned.test_the_servers_statistics_do_not_tell_a_stranger_from_somebody(world, world.face("fhir"))),
    Mutant("7 the right", "when data_is_stale then 11", "when false then 11",
           stale_is_said),
    Mutant("8 receipt", "current_setting('synchronous_commit') = 'off'", "false",
           lambda world: owned.test_a_receipt_that_may_not_be_on_the_disk_is_no_receipt(
               world, world.face("fhir"), till(world), lea(world))),
    Mutant("8 receipt", "insert into evidence.receipts select r.* from unnest(receipts) as r;", "", answers_have_receipts),
    Mutant("8 receipt", "if receipt_id is not null then outcome := null; end if;", "",
           lambda world: owned.test_asked_properly_the_first_transaction_gives_a_number_and_not_even_an_outcome(
               world, world.face("fhir"), till(world), lea(world))),
    Mutant("8 receipt", "transaction_timestamp() <= statement_timestamp()", "false",
           lambda world: owned.test_nothing_is_asked_in_the_arguments_of_the_call(
               world, world.face("fhir"), till(world), lea(world))),
    Mutant("8 receipt", "transaction_timestamp() <= statement_timestamp() or current_query()", "false and current_query()",
           asked_with(owned.measured_then_rolled_back)),
    Mutant("8 receipt", "or current_query() !~ '^\\s*call gate\\.ask_and_tell\\(' then", "then",
           asked_with(owned.in_a_block_that_commits_first)),
    Mutant("repeats", "if original.body_digest is distinct from q.body then", "if false then",
           lambda world: receipts.test_the_same_key_with_another_body_or_without_one_is_refused(
               world, till(world), lea(world), "another")),
    Mutant("repeats", "e.asked_at > batch_at - interval '24 hours'", "true",
           lambda world: receipts.test_a_key_is_forgotten_after_a_day(world, till(world), lea(world))),
]  # fmt: skip

MUTANTS_OF_THE_RIGHT = [
    Mutant("7 the right", "when p_day < r.opens_on then 7", "when false then 7",
           state_is(Right(opens_on=date(2099, 1, 1)), Outcome.OPENS_ON)),
    Mutant("7 the right", "then case r.situation when 2 then 5 else 8 end", "then 8",
           state_is(Right(situation=2, ends_on=date(2025, 1, 1)), Outcome.RENEWAL_IN_PROGRESS)),
    Mutant("7 the right", "when r.situation = 1 then 4", "when false then 4", state_is(Right(situation=1), Outcome.SUSPENDED)),
    Mutant("7 the right", "and p_day < r.waiting_until then 2", "and false then 2",
           state_is(Right(waiting_domains=1, waiting_until=date(2099, 1, 1)), Outcome.WAITING_PERIOD)),
    Mutant("7 the right", "(r.domains_without_tp >> p_domain) & 1 = 1 then 3", "false then 3",
           state_is(Right(domains=0, domains_without_tp=1), Outcome.WITHOUT_TIERS_PAYANT)),
    Mutant("7 the right", "(r.domains >> p_domain) & 1 = 1", "true", state_is(Right(domains=0), Outcome.DOMAIN_NOT_COVERED)),
]  # fmt: skip

MUTANTS_OF_TELLING = [
    Mutant("8 receipt", "if pg_current_xact_id_if_assigned() is not null then", "if false then",
           lambda world: owned.test_nothing_is_told_in_a_transaction_that_may_have_written(
               world, world.face("fhir"), till(world), lea(world))),
    Mutant("8 receipt", "and e.told_to = pg_backend_pid()", "",
           lambda world: owned.test_an_answer_is_told_to_the_connection_that_asked_and_only_for_a_minute(
               world, world.face("fhir"), till(world), lea(world))),
]  # fmt: skip


def function_of(name: str) -> str:
    """Cut a function out of the migration that makes it, to be made again."""
    text = known_migrations()["0005_gate_ask.sql"].decode()
    start = text.index(f"create function {name}(")
    end = text.index("$$", text.index("$$", start) + 2)
    return text[start : end + 2].replace("create function", "create or replace function", 1)


@pytest.fixture
def whole(world: World) -> Iterator[World]:
    yield world
    for name in ("gate.ask", "gate.right_on", "gate.tell"):
        world.do(function_of(name).replace("%", "%%"))


def try_mutant(world: World, name: str, mutant: Mutant) -> None:
    mutant.check(world)
    world.do("update gate.containments set released_at = now(), waves_from = null")
    text = function_of(name)
    assert text.count(mutant.piece) == 1, f"the gate has changed: find {mutant.piece!r} again"
    world.do(text.replace(mutant.piece, mutant.instead).replace("%", "%%"))
    with pytest.raises((AssertionError, ValueError, psycopg.Error, pytest.fail.Exception)):
        mutant.check(world)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.step}: {mutant.piece[:50]}")
def test_without_this_piece_of_the_gate_a_test_fails(whole: World, mutant: Mutant) -> None:
    try_mutant(whole, "gate.ask", mutant)


@pytest.mark.parametrize("mutant", MUTANTS_OF_THE_RIGHT, ids=lambda mutant: mutant.piece[:50])
def test_without_this_piece_of_the_reading_of_a_right_a_test_fails(whole: World, mutant: Mutant) -> None:
    try_mutant(whole, "gate.right_on", mutant)


@pytest.mark.parametrize("mutant", MUTANTS_OF_TELLING, ids=lambda mutant: mutant.piece[:50])
def test_without_this_piece_of_the_telling_a_test_fails(whole: World, mutant: Mutant) -> None:
    try_mutant(whole, "gate.tell", mutant)


def test_every_step_has_its_mutants() -> None:
    assert {mutant.step[0] for mutant in MUTANTS if mutant.step[0].isdigit()} == set("12345678")


def test_the_bench_finds_where_the_detectors_begin() -> None:
    assert function_of("gate.ask").count(DETECTORS) == 1
