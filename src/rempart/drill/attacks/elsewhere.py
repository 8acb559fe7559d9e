"""What is carried off from a victim's machine, or from a vendor, and used elsewhere: it should open nothing.

S5: tokens without their key, in a cookie, with another key; a whole request and a token request sent again. S4's first half: a
software's key without any professional.
"""

from dataclasses import dataclass

from rempart.adapters import clock
from rempart.drill.callers.asking import Caller, Question, Reply, read
from rempart.drill.callers.provider import KEY_ID
from rempart.drill.callers.wire import Key, Line, address_of
from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run, Trial
from rempart.drill.truth import Exchange

_ELSEWHERE = 9_000_000
_GRANTED = b'"access_token"'


@dataclass(frozen=True, slots=True)
class _Carried:
    """What the spy saw go by: the victim's open session, one whole question and one whole token request."""

    victim: Caller
    question: Question
    body: bytes
    proof: str
    form: bytes


async def use_elsewhere(ground: Ground, attack: Attack, run: Run) -> None:
    """Use what was carried off from every victim, from another machine."""
    del attack
    thief_key, opened = (
        Key(),
        dict.fromkeys(
            ("token_alone", "token_other_key", "cookie", "proof_replayed", "assertion_replayed"), 0
        ),
    )
    for number, shop in enumerate(run.stolen):
        carried = await _carry_off(Caller(ground.place, shop))
        line, url, token = (
            Line(address_of(_ELSEWHERE + number)),
            ground.place.rights_url,
            carried.victim.token,
        )
        tries = {
            "token_alone": [{"Authorization": f"Bearer {token}"}, {"Authorization": f"DPoP {token}"}],
            "token_other_key": [{"Authorization": f"DPoP {token}", "DPoP": thief_key.prove(url, token)}],
            "cookie": [{"Cookie": f"session={token}; access_token={token}"}],
            "proof_replayed": [{"Authorization": f"DPoP {token}", "DPoP": carried.proof}],
        }
        for name, ways in tries.items():
            for headers in ways:
                sent = {"Content-Type": "application/fhir+json", **headers}
                reply = read(await line.post(url, carried.body, sent))
                run.loot.exchanges.append(Exchange(shop.account_id, 0.0, carried.question, reply))
                opened[name] += reply.is_answer
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "DPoP": thief_key.prove(ground.place.token_url),
        }
        heard = await line.post(ground.place.token_url, carried.form, headers)
        opened["assertion_replayed"] += _GRANTED in heard.body
        run.loot.exchanges.append(
            Exchange(shop.account_id, 0.0, None, Reply("token", False, False, "", heard))
        )
        line.close()
        carried.victim.line.close()
    run.trials += [Trial(name, len(run.stolen), count) for name, count in opened.items()]


async def _carry_off(victim: Caller) -> _Carried:
    """Let a victim sign in and ask once, as on any day; it must work, or what follows would prove nothing."""
    form = victim.token_form()
    heard = await victim.send_token_request(form)
    if _GRANTED not in heard.body:
        raise RuntimeError(f"the victim has no session: {heard.status}")
    await victim.open_session()
    people, person = victim.place.people, victim.shop.regulars[0]
    question = Question(person, people.rank[person], people.nir[person])
    body, url = victim.body_of(question), victim.place.rights_url
    proof = victim.key.prove(url, victim.token)
    headers = {
        "Authorization": f"DPoP {victim.token}",
        "DPoP": proof,
        "Content-Type": "application/fhir+json",
    }
    if not read(await victim.line.post(url, body, headers)).is_answer:
        raise RuntimeError("the victim's own question was not answered")
    return _Carried(victim, question, body, proof, form)


async def use_key_alone(ground: Ground, attack: Attack, run: Run) -> None:
    """Ask for tokens with a software's key and no professional's word: none, one's own, one under a name of one's own."""
    shop, opened, tried = run.honest[0], 0, 0
    forger = Key()
    now = int(clock.now_s())
    claims = {
        "aud": shop.software.client_id, "azp": shop.software.client_id, "iat": now, "exp": now + 300, "sub": "x", **shop.subject,
    }  # fmt: skip
    header = {"kid": KEY_ID, "typ": "JWT"}
    for number in range(attack.tries):
        thief = Caller(ground.place, shop, _ELSEWHERE + number)
        own = forger.sign(header, claims | {"iss": "http://127.0.0.1:1"})
        forged = forger.sign(header, claims | {"iss": ground.place.provider.issuer})
        by_the_software = shop.software.key.sign(header, claims | {"iss": ground.place.provider.issuer})
        for subject_token in ("", shop.subject.get("SubjectNameID", ""), own, forged, by_the_software):
            heard = await thief.send_token_request(thief.token_form(subject_token))
            run.loot.exchanges.append(
                Exchange(shop.account_id, 0.0, None, Reply("token", False, False, "", heard))
            )
            opened += _GRANTED in heard.body
            tried += 1
        thief.line.close()
    run.trials.append(Trial("key_alone", tried, opened))
