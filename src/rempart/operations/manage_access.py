"""The operator keeps the register: who may ask, through which software, on the word of which identity provider.

These acts let people in or out; none of them opens a session or adds a passkey, which only the person concerned can do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow

from rempart.adapters.provider_keys import is_allowed
from rempart.domain.errors.registration import (
    AddressRefused,
    ClientIdRefused,
    PlaceNotInRegister,
    PlaceUnknown,
    ProfessionalAlreadyStruckOff,
    ProfessionalNotInRegister,
    ProfessionalUnknown,
    ProfessionChanged,
    ProfessionNotInRegister,
    ProfessionUnknown,
    ProviderUnknown,
    RegistrationRefused,
    SoftwareRevoked,
    SoftwareUnknown,
    TimezoneUnknown,
)
from rempart.domain.identifiers import parse_finess, parse_rpps, parse_shown_name
from rempart.domain.notices.mailboxes import clean_address
from rempart.limits import CLIENT_ID_MAX_CHARS, INVITATION_LIFE_DAYS
from rempart.operations.console.proposals import Asked, ask
from rempart.security.assertions.signatures import read_key_set
from rempart.security.tokens import digest_of, invitation_link, new_secret
from rempart.store import register, software
from rempart.store.registers import loads

type_of_operator = psycopg.Connection[TupleRow]

_STRUCTURE_PROFESSION = "hospital"

_OBJECTIONS: dict[str, tuple[type[RegistrationRefused], str]] = {
    "unknown": (ProfessionalNotInRegister, "rpps"),
    "profession": (ProfessionNotInRegister, "profession"),
    "place": (PlaceNotInRegister, "finess"),
}
"""What a loaded public register has against an entry, and of which of its parts."""


@dataclass(frozen=True, slots=True)
class RegisteredAccount:
    """A professional or a structure at a place, and the account under which it asks."""

    account_id: int
    finess: str
    rpps: str | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link to hand over, shown once."""

    account_id: int
    link: str
    expires_at: datetime


def register_professional(
    connection: type_of_operator,
    *,
    rpps: str,
    finess: str,
    profession: str,
    name: str,
    organisation: str = "",
    timezone: str = "",
    email: str = "",
) -> RegisteredAccount:
    """Register a professional at a place, or change names; safe to repeat. `email` is his first contact.

    Refuses: IdentifierRefused, NameRefused, ContactRefused, ProfessionUnknown, ProfessionChanged, ProfessionalAlreadyStruckOff,
    TimezoneUnknown; once a public register is loaded, ProfessionalNotInRegister, ProfessionNotInRegister, PlaceNotInRegister.
    """
    number, place = parse_rpps(rpps, "rpps"), parse_finess(finess, "finess")
    name = parse_shown_name(name)
    organisation = parse_shown_name(organisation, "organisation") if organisation else name
    contact = clean_address(email) if email else None
    profession_id = _profession(connection, profession)
    with connection.transaction():
        objection = loads.objection(connection, number, place, profession_id)
        if objection is not None:
            refused, part = _OBJECTIONS[objection]
            raise refused(part)
        found = register.register_professional(connection, number, profession_id, name)
        if found is None:
            raise ProfessionalAlreadyStruckOff("rpps")
        professional_id, known_profession_id = found
        if known_profession_id != profession_id:
            raise ProfessionChanged("profession")
        if contact is not None:
            register.give_first_contact(connection, professional_id, contact)
        organisation_id = _organisation(connection, place, organisation, timezone)
        account_id = register.account_of_professional(
            connection, professional_id, organisation_id, profession_id, name
        )
    return RegisteredAccount(account_id, place, number)


def register_structure(
    connection: type_of_operator, *, finess: str, name: str, timezone: str = ""
) -> RegisteredAccount:
    """Register a hospital that asks in its own name. Refuses: IdentifierRefused, NameRefused, TimezoneUnknown."""
    place, name = parse_finess(finess, "finess"), parse_shown_name(name)
    profession_id = _profession(connection, _STRUCTURE_PROFESSION)
    with connection.transaction():
        organisation_id = _organisation(connection, place, name, timezone)
        account_id = register.account_of_structure(connection, organisation_id, profession_id, name)
    return RegisteredAccount(account_id, place, None)


def invite(connection: type_of_operator, portal_url: str, account_id: int) -> Invitation:
    """Invite to register a first passkey; it serves only while the account has none."""
    code = new_secret()
    expires_at = register.invite(connection, digest_of(code), account_id, INVITATION_LIFE_DAYS)
    return Invitation(account_id, invitation_link(portal_url, code), expires_at)


def declare_opening(connection: type_of_operator, finess: str, days: int) -> datetime:
    """Have presence asked for at a place that knows nobody yet, for so many days (1 to 90); give until when. Never shortens.

    Refuses: IdentifierRefused, PlaceUnknown.
    """
    until = register.declare_opening(connection, parse_finess(finess, "finess"), days)
    if until is None:
        raise PlaceUnknown("finess")
    return until


def strike_off(connection: type_of_operator, rpps: str) -> None:
    """Strike a professional off: accounts, staff and sessions are refused from this instant.

    Refuses: IdentifierRefused, ProfessionalUnknown.
    """
    if not register.strike_off(connection, parse_rpps(rpps, "rpps")):
        raise ProfessionalUnknown("rpps")


def register_software(connection: type_of_operator, client_id: str, name: str, key_set: bytes) -> None:
    """Register a software by its public keys, or change them.

    Refuses: ClientIdRefused, NameRefused, KeySetRefused, SoftwareRevoked.
    """
    if not 3 <= len(client_id) <= CLIENT_ID_MAX_CHARS or not (
        client_id.isascii() and client_id.isprintable()
    ):
        raise ClientIdRefused("client_id")
    name = parse_shown_name(name)
    read_key_set(key_set, "jwks")
    keys: dict[str, Any] = msgspec.json.decode(key_set)
    if not software.register_software(connection, client_id, name, keys):
        raise SoftwareRevoked("client_id")


def revoke_software(connection: type_of_operator, client_id: str) -> None:
    """Revoke a software and its sessions, for ever. Refuses: SoftwareUnknown."""
    if not software.revoke_software(connection, client_id):
        raise SoftwareUnknown("client_id")


def register_provider(
    connection: type_of_operator, issuer: str, jwks_uri: str, *, for_tests: bool, because: str, by: str
) -> Asked:
    """Ask that an identity provider be believed; one for tests is in a sandbox alone. Refuses: AddressRefused, ReasonMissing.

    Whoever holds its keys signs anybody in: a new one, or another address of its keys, is signed by two operators.
    """
    for place, address in (("issuer", issuer), ("jwks_uri", jwks_uri)):
        if not is_allowed(address):
            raise AddressRefused(place)
    what = {"issuer": issuer, "jwks_uri": jwks_uri, "for_tests": for_tests}
    return ask(connection, "provider", what, because, by, {"not-possible": AddressRefused("issuer")})


def revoke_provider(connection: type_of_operator, issuer: str, *, because: str, by: str) -> None:
    """Stop believing an identity provider, at once. Refuses: ProviderUnknown, ReasonMissing."""
    what = {"issuer": issuer, "jwks_uri": None}
    refusals = {"unknown": ProviderUnknown("issuer"), "not-possible": ProviderUnknown("issuer")}
    ask(connection, "provider", what, because, by, refusals)


def _organisation(connection: type_of_operator, finess: str, name: str, timezone: str) -> int:
    organisation_id = register.register_organisation(connection, finess, name, timezone)
    if organisation_id is None:
        raise TimezoneUnknown("timezone")
    return organisation_id


def _profession(connection: type_of_operator, code: str) -> int:
    profession_id = register.find_profession(connection, code)
    if profession_id is None:
        raise ProfessionUnknown("profession")
    return profession_id
