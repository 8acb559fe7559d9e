"""What the test provider signs, by a key that lives as long as the process.

The claims are those of Pro Santé Connect, so that a software written against this provider meets no surprise there.

Source: trade notes of the project (domain.md 10.2); samples of the agency's sandbox in public repositories.
"""

import json
import secrets
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import RSAKey

from rempart.domain.identifiers import Rpps
from rempart.operations.trials.roster import Listed

ALGORITHM: Final = "RS256"
ID_TOKEN_LIFE_S: Final = 300
_REALM: Final = "550dc1c8-0000-4000-8000-rempartessai"
_CODE_OF_PROFESSION: Final = {
    "doctor": "10",
    "pharmacist": "21",
    "audioprosthetist": "26",
    "optician": "28",
    "dentist": "40",
    "midwife": "50",
    "auxiliary": "60",
}


class Signer:
    """The provider's key and name."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM, "kid": secrets.token_hex(8)})

    @property
    def key_set(self) -> dict[str, Any]:
        """The public half, as a JWK set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def id_token(
        self, rpps: Rpps, places: list[Listed], client_id: str, nonce: str | None, now_s: int
    ) -> str:
        """Name a professional to one software, for five minutes."""
        claims = claims_of(rpps, places) | {
            "iss": self.issuer,
            "aud": client_id,
            "azp": client_id,
            "iat": now_s,
            "auth_time": now_s,
            "exp": now_s + ID_TOKEN_LIFE_S,
            "acr": "eidas1",
        }
        if nonce is not None:
            claims["nonce"] = nonce
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, json.loads(json.dumps(claims)), self._key, algorithms=[ALGORITHM])


def claims_of(rpps: Rpps, places: list[Listed]) -> dict[str, Any]:
    """Say who a professional of the sandbox is, in the claims of Pro Santé Connect."""
    given, _, family = (places[0].name if places else "Professionnel d'essai").partition(" ")
    profession = _CODE_OF_PROFESSION.get(places[0].profession, "") if places else ""
    activities = [
        {
            "codeModeExercice": "L",
            "numeroFinessSite": place.finess,
            "raisonSocialeSite": place.organisation,
            "ancienIdentifiantDeLaStructure": f"1{place.finess}",
        }
        for place in places
    ]
    practice = {"exercices": [{"codeProfession": profession, "activities": activities}]}
    return {
        "sub": f"f:{_REALM}:8{rpps}",
        "preferred_username": f"8{rpps}",
        "SubjectNameID": f"8{rpps}",
        "given_name": given,
        "family_name": family,
        "SubjectRole": [f"{profession}^1.2.250.1.213.1.1.5.5"],
    } | ({"SubjectRefPro": practice} if places else {})
