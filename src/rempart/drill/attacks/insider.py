"""S8: an insider with a whole dump of the database and every file that a face reads, but not the keyring's socket.

He is given more than he would have: the right identity of some people, to recognise in the dump. He looks for them in
clear, by plain digests, and by keyed digests under everything that might be a key. What the keyring's own word finds is
measured beside it, so that a search that finds nothing is known to search.
"""

import asyncio
import hmac
import re
import subprocess
from collections.abc import Iterable, Iterator
from hashlib import md5, sha1, sha256
from pathlib import Path

from rempart.adapters import postgres_embedded
from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run, Trial
from rempart.drill.world.people import People
from rempart.keyring.bulk import BulkKeyring
from rempart.store.database import address

_KEY_BYTES = (16, 32)
_KEYS_MAX = 400
_FILES_MAX_BYTES = 1 << 20
_DIGEST = re.compile(rb"\\\\?x([0-9a-f]{32,64})\b")


async def search_dump(ground: Ground, attack: Attack, run: Run) -> None:
    """Look for people in the dump, without the keyring and then with it."""
    people = ground.place.people
    wanted = list(range(min(attack.tries, len(people))))
    dump = await asyncio.to_thread(_dump, ground)
    recovered = await asyncio.to_thread(_recover, dump, people, wanted, _possible_keys(ground, dump))
    run.trials.append(Trial("people_recovered", len(wanted), len(recovered)))
    run.trials.append(
        Trial("found_with_the_keyring", len(wanted), len(_known_to_keyring(ground, dump, wanted)))
    )


def _dump(ground: Ground) -> bytes:
    """Dump every table, as who administers the database can."""
    settings = ground.place.settings
    program = str(postgres_embedded.programs_directory(settings) / "pg_dump")
    done = subprocess.run(  # noqa: S603 (our own program)
        [program, "--no-owner", "--no-privileges", f"--dbname={address(settings, 'owner')}"],
        capture_output=True,
        check=True,
    )
    return done.stdout


def _recover(dump: bytes, people: People, wanted: list[int], keys: Iterable[bytes]) -> set[int]:
    """Recognise people: their NIR, names or numbers in clear, or a digest of what names them."""
    in_clear = set(re.findall(rb"[0-9A-Z]{6,24}", dump))
    digests = {found.lower() for found in _DIGEST.findall(dump)}
    found = {
        person
        for person in wanted
        if people.nir[person].encode() in in_clear
        or people.nir[person][:13].encode() in in_clear
        or any(number.encode() in in_clear for number in people.numbers[person] if len(number) >= 8)
        or people.names[person].encode() in dump
    }
    held = list(keys)
    for person in wanted:
        message = people.alias_message(person)
        if any(digest in digests for digest in _digests_of(message, people.nir[person], held)):
            found.add(person)
    return found


def _digests_of(message: bytes, nir: str, keys: list[bytes]) -> Iterator[bytes]:
    for text in (message, nir.encode(), nir[:13].encode()):
        for plain in (md5, sha1, sha256):
            yield plain(text).hexdigest().encode()
        for key in keys:
            yield hmac.digest(key, text, "sha256").hex().encode()


def _possible_keys(ground: Ground, dump: bytes) -> list[bytes]:
    """Collect what might be a key: the contents of files that are not the keyring's, and secrets of that length in the dump."""
    settings = ground.place.settings
    texts = [path.read_bytes().strip() for path in _files_of(settings.home, settings.keyring_home)]
    found = {b"", *(text for text in texts if len(text) <= 128), *(sha256(text).digest() for text in texts)}
    for text in _DIGEST.findall(dump):
        octets = bytes.fromhex(text.decode()) if len(text) % 2 == 0 else b""
        if len(octets) in _KEY_BYTES:
            found.add(octets)
        if len(found) >= _KEYS_MAX:
            break
    return sorted(found)


def _files_of(home: Path, keyring_home: Path) -> Iterator[Path]:
    """List the small files of a home, without what only the keyring's user and the database's read, and the drill's own."""
    for path in home.rglob("*"):
        is_apart = any(
            folder in path.parents for folder in (keyring_home, home / "members", home / "postgres")
        )
        if path.is_file() and not is_apart and path.stat().st_size <= _FILES_MAX_BYTES:
            yield path


def _known_to_keyring(ground: Ground, dump: bytes, wanted: list[int]) -> set[int]:
    """Find in the dump those whom the keyring's digests name."""
    digests, people = {found.lower() for found in _DIGEST.findall(dump)}, ground.place.people
    found = set()
    with BulkKeyring(ground.place.settings) as keyring:
        for person in wanted:
            digest = keyring.index(people.amc_number[person], [people.alias_message(person)])[0]
            if digest.hex().encode() in digests:
                found.add(person)
    return found
