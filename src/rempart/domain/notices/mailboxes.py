"""E-mail addresses of professionals: what is taken for one. Never those of insured people, which are kept nowhere."""

import re

from rempart.domain.errors.accounts import ContactRefused

_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
"""One mailbox at a named host, in the letters that every mail server takes (RFC 5321 4.1.2, without its quoted forms)."""

_MAX_CHARS = 254


def clean_address(address: str) -> str:
    """Give an address without the spaces around it. Refuses: ContactRefused."""
    cleaned = address.strip()
    if len(cleaned) > _MAX_CHARS or not _MAILBOX.fullmatch(cleaned):
        raise ContactRefused("address")
    return cleaned
