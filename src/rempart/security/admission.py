"""Ask the gate whether a caller may go on, about nobody: the identity process's own use of the one door.

It needs neither the keyring nor the queue of a face that asks about people, so it holds neither.
"""

from dataclasses import dataclass
from hashlib import sha256

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.access import Face
from rempart.domain.rights import OUTCOME_BY_NUMBER, Outcome
from rempart.security.principals import ProvenCaller
from rempart.store import gate, sessions
from rempart.store.gate import AskRow


@dataclass(frozen=True, slots=True)
class AdmittedCaller:
    """A caller whose session holds: the account, the session's token digest and face, and the nonce of the next proof."""

    account_id: int
    token_digest: bytes
    face: Face
    next_nonce: str | None


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A caller who may not go on: why, and the nonce of the next proof where the session itself holds."""

    outcome: Outcome
    next_nonce: str | None


async def admit(
    connection: psycopg.AsyncConnection[TupleRow], caller: ProvenCaller
) -> AdmittedCaller | TurnedAway:
    """Use the caller's proof up, exchange the nonce, and say whether the caller may go on.

    Only a browser's session does, which alone has a face: with a stolen software token nobody enrols a staff or a passkey.
    """
    nonce_digest = None if caller.nonce is None else sha256(caller.nonce.encode()).digest()
    row = AskRow(
        caller.token_digest, caller.key_thumbprint, caller.proof_digest, caller.proof_at, nonce_digest
    )
    (told,) = await gate.ask(connection, [row])
    outcome = OUTCOME_BY_NUMBER[told.outcome]
    if outcome is Outcome.ADMITTED and told.account_id is not None:
        face = await sessions.face_of(connection, caller.token_digest)
        if face is None:
            return TurnedAway(Outcome.FACE_NOT_ALLOWED, None)
        return AdmittedCaller(told.account_id, caller.token_digest, face, told.next_nonce)
    return TurnedAway(outcome, told.next_nonce)
