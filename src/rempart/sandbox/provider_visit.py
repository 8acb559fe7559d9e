"""The professional's visit to the test identity provider: what his browser and his software do to obtain an identity token.

Authorization code with PKCE (RFC 7636), over the provider's real endpoints; the click on a name is a form posted.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from rempart.sandbox.client import ask

REDIRECT_URI: Final = "http://localhost/retour"
"""The software's own address: nothing listens there, the code is read from the redirection."""


def name_professional(provider_url: str, client_id: str, rpps: str) -> str:
    """Sign in as a professional and give the identity token that names him to this software."""
    discovery = ask("GET", f"{provider_url}/.well-known/openid-configuration").must_be(200).content
    verifier = token_urlsafe(32)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode(
        {
            "response_type": "code",
            "scope": "openid",
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "nonce": token_urlsafe(16),
        }
    )
    clicked = ask("POST", f"{discovery['authorization_endpoint']}?{query}", form={"rpps": rpps}).must_be(
        302, 303
    )
    code = parse_qs(urlsplit(clicked.headers["location"]).query)["code"][0]
    token = ask(
        "POST",
        discovery["token_endpoint"],
        form={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier,
        },
    ).must_be(200)
    return str(token.content["id_token"])
