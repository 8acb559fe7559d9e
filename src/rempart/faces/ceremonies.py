"""What a browser sends in a passkey ceremony, to the identity process and to the console alike."""

from typing import Any

import msgspec


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """The code of an invitation."""

    code: str


class Credential(msgspec.Struct, forbid_unknown_fields=True):
    """What an authenticator made or signed, as `PublicKeyCredential.toJSON()` writes it."""

    credential: dict[str, Any]


class CodeAndCredential(msgspec.Struct, forbid_unknown_fields=True):
    """Both."""

    code: str
    credential: dict[str, Any]
