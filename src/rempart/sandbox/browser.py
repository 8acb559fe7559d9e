"""What the portal's page does in a browser, step by step: invitation, passkey, signing in, one question.

The real page is driven by a real browser in tests/browser; this is for the story, which needs no browser on the machine.
"""

from typing import Any

from rempart.sandbox.authenticator import Authenticator
from rempart.sandbox.client import Answer, ProofKey, ask


class Browser:
    """One browser of a shop: a key that stays in it, a passkey, a session and its chain of nonces."""

    def __init__(self, portal_url: str, identity_url: str) -> None:
        self._portal_url = portal_url
        self._identity_url = identity_url
        self._key = ProofKey()
        self._passkey = Authenticator(portal_url)
        self._token = ""
        self._nonce = ""

    def accept_invitation(self, link: str) -> dict[str, Any]:
        """Register a passkey with the code of an invitation; give the account that is then open."""
        code = link.partition("#code=")[2]
        options = self._post("/browser/passkeys/options", {"code": code}).content["publicKey"]
        return self._open("/browser/passkeys", {"code": code, "credential": self._passkey.register(options)})

    def sign_in(self) -> dict[str, Any]:
        """Sign in with the passkey."""
        path = "/browser/sign-in/options"
        proof = self._key.proof("POST", self._identity_url + path)
        options = self._post(path, {}, {"DPoP": proof}).content["publicKey"]
        return self._open("/browser/sign-in", {"credential": self._passkey.sign_in(options)})

    def ask_rights(self, form: dict[str, Any]) -> Answer:
        """Send the page's one form."""
        return self._send(f"{self._portal_url}/api/rights", form)

    def invite_staff(self, name: str) -> Answer:
        """Name a member of the staff; the answer has the link to hand over, or says why nobody is enrolled."""
        return self._send(f"{self._identity_url}/browser/staff", {"display_name": name})

    def _send(self, url: str, content: dict[str, Any]) -> Answer:
        headers = {
            "Authorization": f"DPoP {self._token}",
            "DPoP": self._key.proof("POST", url, token=self._token, nonce=self._nonce),
            "Accept-Language": "fr",
            "Origin": self._portal_url,
        }
        answer = ask("POST", url, content=content, headers=headers)
        self._nonce = answer.headers.get("dpop-nonce", self._nonce)
        return answer

    def _open(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        proof = self._key.proof("POST", self._identity_url + path)
        session = self._post(path, content, {"DPoP": proof}).content
        self._token, self._nonce = session["access_token"], session["nonce"]
        account: dict[str, Any] = session["account"]
        return account

    def _post(self, path: str, content: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
        sent = {"Origin": self._portal_url, **(headers or {})}
        return ask("POST", self._identity_url + path, content=content, headers=sent).must_be(200, 201)
