"""S12: somebody wants honest people and accounts locked out: floods without a session, and wrong cards for one person."""

import asyncio
import os
from time import perf_counter

from rempart.drill.callers.asking import Caller, Question, read
from rempart.drill.callers.wire import Key, Line, address_of, base64url
from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run, Trial
from rempart.drill.truth import Exchange

_ADDRESSES = 14_000_000
_AT_ONCE = 8


async def flood(ground: Ground, attack: Attack, run: Run) -> None:
    """Flood the API with tokens that nobody gave, and one person with wrong cards; then let a shop ask about that person."""
    victim = run.honest[0]
    people, person = ground.place.people, victim.regulars[0]
    question = Question(person, people.rank[person], people.nir[person])
    ends_at = perf_counter() + attack.seconds
    body, url, sent = Caller(ground.place, victim).body_of(question), ground.place.rights_url, 0

    async def press(number: int) -> None:
        nonlocal sent
        line, key = Line(address_of(_ADDRESSES + number)), Key()
        while perf_counter() < ends_at:
            token = base64url(os.urandom(32))
            headers = {
                "Authorization": f"DPoP {token}", "DPoP": key.prove(url, token), "Content-Type": "application/fhir+json",
            }  # fmt: skip
            reply = read(await line.post(url, body, headers))
            run.loot.exchanges.append(Exchange(0, 0.0, question, reply))
            sent += 1
            await asyncio.sleep(_AT_ONCE / attack.per_second)
        line.close()

    accuser = Caller(ground.place, run.stolen[0], _ADDRESSES - 1)

    async def accuse() -> None:
        while perf_counter() < ends_at:
            wrong = Question(
                person, question.rank, question.nir, card_secret=base64url(os.urandom(10)).upper()
            )
            run.loot.exchanges.append(Exchange(accuser.shop.account_id, 0.0, wrong, await accuser.ask(wrong)))
            await asyncio.sleep(0.2)
        accuser.line.close()

    await asyncio.gather(accuse(), *(press(number) for number in range(_AT_ONCE)))
    honest = Caller(ground.place, victim)
    reply = await honest.ask(question)
    honest.line.close()
    run.trials.append(Trial("person_locked_out", 1, int(not reply.confirms)))
    run.trials.append(Trial("flood_sent", sent, sent))
