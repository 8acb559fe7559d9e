"""Who works under which name: the words about accounts that every floor shares."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Face(IntEnum):
    """A face that asks about people, by its number in the database; a browser's session is opened for one of them."""

    FHIR = 1
    PORTAL = 2
    COUNTER = 3


@dataclass(frozen=True, slots=True)
class AccountLabel:
    """What a professional is shown of the account under which he works; `domains` is a mask of `domain/rights.py`."""

    account_id: int
    kind: str
    display_name: str
    profession: str
    profession_label: str
    domains: int
    default_domain: int
    organisation: str
    new_until: datetime | None = None  # a member of a staff proves until then that patients are there

    @property
    def may_enrol_staff(self) -> bool:
        """Whether the account has a staff: a titulaire's or a structure's, never a member's."""
        return self.kind in ("professional", "structure")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A named member of the staff, as the titulaire sees him."""

    account_id: int
    display_name: str
    is_active: bool
    invited_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Staff:
    """A titulaire's staff, and why he enrols nobody now (the code of an error; None: he may), until when if that is known."""

    members: list[StaffMember]
    refusal: str | None
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    """An address that is told of what happens to an account, once it is confirmed."""

    contact_id: int
    address: str
    is_confirmed: bool
    added_at: datetime


@dataclass(frozen=True, slots=True)
class PasskeyLabel:
    """A passkey as its owner sees it; `is_in_use` is said of the one that opened the session (None: no passkey did)."""

    credential_id: bytes
    label: str
    created_at: datetime
    last_used_at: datetime | None
    is_in_use: bool | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the same place, by name."""

    account_id: int
    display_name: str


@dataclass(frozen=True, slots=True)
class Guarantor:
    """Who may vouch for an account whose passkeys are lost, and from when."""

    account_id: int
    display_name: str
    vouches_from: datetime
