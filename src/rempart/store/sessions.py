"""Sessions and what is used once: only the identity process may write here.

A session binds the digest of a token and the thumbprint of a key to an account, and to a software or a browser's nonce. Never
store a token, a nonce or a code: their digests only.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.access import Face

type_of_connection = psycopg.AsyncConnection[TupleRow]

USE_ONCE = """
insert into access.used_assertions (assertion_digest, expires_at)
select u.digest, to_timestamp(u.expires_at)
from unnest(%s::bytea[], %s::double precision[]) as u (digest, expires_at)
order by u.digest
on conflict do nothing
returning assertion_digest
"""

OPEN_SESSION = """
insert into access.sessions (
    token_digest, key_thumbprint, account_id, software_id, face, expires_at, idle_s, nonce_digest, credential_id
)
values (%s, %s, %s, %s, %s, platform.present() + make_interval(secs => %s), %s, %s, %s)
"""

REVOKE_SESSION = """
update access.sessions set revoked_at = now(), revoked_because = %s where token_digest = %s and revoked_at is null
"""

FACE_OF = "select face from access.sessions where token_digest = %s"

FORGET_EXPIRED = """
with challenges as (delete from access.challenges where expires_at < now())
delete from access.used_assertions where expires_at < now() - interval '1 hour'
"""
"""An hour later than they expire: one forgotten while the clock was ahead would serve again once it is put back."""

FORGET_EXPIRED_AT_GATE = "select gate.forget_expired()"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened; `software_id` None is a browser's, which has a face and a nonce, and goes idle."""

    token_digest: bytes
    key_thumbprint: bytes
    account_id: int
    software_id: int | None
    life_s: int
    face: Face | None = None
    idle_s: int | None = None
    nonce_digest: bytes | None = None
    credential_id: bytes | None = None


async def use_once(connection: type_of_connection, marks: Iterable[tuple[bytes, float]]) -> set[bytes]:
    """Use up digests until the instants beside them; give those that had not been used before."""
    digests, expiries = zip(*marks, strict=True)
    cursor = await connection.execute(USE_ONCE, (list(digests), list(expiries)))
    return {bytes(row[0]) for row in await cursor.fetchall()}


async def open_session(connection: type_of_connection, session: NewSession) -> None:
    """Write a session; from then on its token and key open the gate."""
    await connection.execute(
        OPEN_SESSION,
        (
            session.token_digest,
            session.key_thumbprint,
            session.account_id,
            session.software_id,
            session.face,
            session.life_s,
            session.idle_s,
            session.nonce_digest,
            session.credential_id,
        ),
    )


async def face_of(connection: type_of_connection, token_digest: bytes) -> Face | None:
    """Say for which face a session was opened; None is a software's, or no session."""
    row = await (await connection.execute(FACE_OF, (token_digest,))).fetchone()
    return None if row is None or row[0] is None else Face(row[0])


async def revoke_session(connection: type_of_connection, token_digest: bytes, because: str) -> None:
    """End a session."""
    await connection.execute(REVOKE_SESSION, (because, token_digest))


async def forget_expired(connection: type_of_connection) -> None:
    """Sweep the challenges and assertions that can no longer serve, and the gate's old proofs and repeats."""
    await connection.execute(FORGET_EXPIRED)
    await connection.execute(FORGET_EXPIRED_AT_GATE)
