"""S10: the help desk is persuaded. What the operator's own commands give away to who calls with a good story.

An invitation serves only while the account has no passkey: what is asked for a professional who signs in already opens
nothing. Who never signed in by the portal has no passkey yet: an invitation that is handed to the wrong person is that
account's first, and is counted.
"""

import asyncio

from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run, Trial
from rempart.drill.world.shops import Shop
from rempart.operations import manage_access
from rempart.sandbox.browser import Browser
from rempart.sandbox.client import UnexpectedAnswer


async def persuade(ground: Ground, attack: Attack, run: Run) -> None:
    """Have invitations made for accounts with a passkey, and for accounts without."""
    signed_in = run.honest[: min(attack.tries, len(run.honest) // 2)]
    opened = sum([await asyncio.to_thread(_reset, ground, shop) for shop in signed_in])
    run.trials.append(Trial("reset_of_who_signs_in", len(signed_in), opened))
    without = run.stolen[: attack.tries]
    given = sum([await asyncio.to_thread(_accept, ground, shop) for shop in without])
    run.trials.append(Trial("first_invitation_given_away", len(without), given))


def _reset(ground: Ground, shop: Shop) -> bool:
    """Let a professional register a passkey, then have the help desk invite whoever calls in the professional's name."""
    if not _accept(ground, shop):
        raise RuntimeError("the professional's own invitation did not work")
    return _accept(ground, shop)


def _accept(ground: Ground, shop: Shop) -> bool:
    settings = ground.place.settings
    invitation = manage_access.invite(ground.connection, settings.portal_url, shop.account_id)
    try:
        Browser(settings.portal_url, settings.identity_url).accept_invitation(invitation.link)
    except UnexpectedAnswer:
        return False
    return True
