"""S7: a million stolen pairs of login and password, tried where there is no password; and passkeys that nobody registered."""

import asyncio
import json
from http import HTTPStatus
from urllib.parse import urlencode

from rempart.drill.callers.asking import Reply
from rempart.drill.callers.wire import Heard, Key, Line, address_of
from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run, Trial
from rempart.drill.truth import Exchange
from rempart.sandbox.authenticator import Authenticator

_ADDRESSES = 12_000_000
_GRANTED = b'"access_token"'


async def stuff(ground: Ground, attack: Attack, run: Run) -> None:
    """Try every pair at the token endpoint and as many passkeys at the sign-in, from many addresses at once."""
    opened = {"password_accepted": 0, "passkey_accepted": 0}
    tries_of_one = max(1, attack.tries // attack.addresses)

    async def try_from(number: int) -> None:
        line = Line(address_of(_ADDRESSES + number))
        for attempt in range(tries_of_one):
            heard = await _try_password(ground, line, f"1010{number:05d}{attempt:02d}")
            opened["password_accepted"] += _heard(run, heard)
            for heard in await _try_passkey(ground, line):
                opened["passkey_accepted"] += _heard(run, heard)
        line.close()

    await asyncio.gather(*(try_from(number) for number in range(attack.addresses)))
    run.trials += [Trial(name, tries_of_one * attack.addresses, count) for name, count in opened.items()]


def _heard(run: Run, heard: Heard) -> bool:
    run.loot.exchanges.append(Exchange(0, 0.0, None, Reply("sign-in", False, False, "", heard)))
    return _GRANTED in heard.body


async def _try_password(ground: Ground, line: Line, login: str) -> Heard:
    form = urlencode(
        {"grant_type": "password", "username": login, "password": "Printemps2024!", "client_id": "logiciel-0"}
    )
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "DPoP": Key().prove(ground.place.token_url),
    }
    return await line.post(ground.place.token_url, form.encode(), headers)


async def _try_passkey(ground: Ground, line: Line) -> list[Heard]:
    settings = ground.place.settings
    headers = {"Content-Type": "application/json", "Origin": settings.portal_url}
    key, options_url = Key(), f"{settings.identity_url}/browser/sign-in/options"
    asked = await line.post(options_url, b"{}", headers | {"DPoP": key.prove(options_url)})
    if asked.status == HTTPStatus.TOO_MANY_REQUESTS:
        return [asked]
    if asked.status != HTTPStatus.OK:
        raise RuntimeError(f"the sign-in gives no challenge: {asked.status}")
    options = json.loads(asked.body)["publicKey"]
    content = json.dumps({"credential": Authenticator(settings.portal_url).sign_in(options)}).encode()
    url = f"{settings.identity_url}/browser/sign-in"
    return [asked, await line.post(url, content, headers | {"DPoP": key.prove(url)})]
