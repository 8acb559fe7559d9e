"""A real OpenID provider dressed as Pro Santé Connect (tests/node/pro_sante_connect.mjs), and a browser in memory that uses it.

with pro_sante_connect() as provider:                  # it has an address, and no clients yet
    provider.open(client, redirect_uris)               # now it takes sign-ins of this platform
    provider.know("claire", practising(rpps, "21", finess))
    provider.sign_in(address, "claire")                # what comes back in the address: code, state, iss
"""

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.support.authenticator import Browser
from tests.support.identity import Answer
from tests.support.programs import NODE_TESTS, node

CLIENT_ID = "rempart-portail"
SECRET = "un-secret-d'essai:+/%&="


@dataclass
class PscProvider:
    """The running provider."""

    issuer: str
    process: "subprocess.Popen[str]"

    def open(self, redirect_uris: list[str], **client: Any) -> None:
        """Tell the provider of this platform; `jwks` for a client with a key, else it has the secret."""
        told = {
            "client_id": CLIENT_ID,
            "secret": SECRET,
            "redirect_uris": redirect_uris,
            "people": {},
        } | client
        self._tell(told)

    def know(self, login: str, claims: Mapping[str, Any], fault: str = "") -> None:
        """Let somebody sign in; a fault makes the provider lie about this person."""
        self._tell({login: {"claims": claims, "fault": fault}})

    def sign_in(self, address: str, login: str) -> dict[str, str]:
        """Go to the provider as a browser does and choose a person; give what stands in the address that comes back."""
        cookies: dict[str, str] = {}
        status, location, content = _go(address, cookies)
        while status in (302, 303):
            if not location.startswith(self.issuer):
                parts = urlsplit(location)
                return dict(parse_qsl(parts.fragment or parts.query))
            chosen = urlencode({"login": login}) if "/interaction/" in location else None
            status, location, content = _go(location, cookies, chosen)
        raise AssertionError(f"the provider answers {status}: {content!r}")

    def end(self) -> None:
        """Stop it: whoever calls it from now on is refused."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def _tell(self, told: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout is not None
        assert json.loads(self.process.stdout.readline())["heard"]


@dataclass
class PscBrowser(Browser):
    """A browser that signs in by Pro Santé Connect."""

    headers: dict[str, str] = field(default_factory=dict)

    def leave(self, language: str = "fr") -> Answer:
        """Ask for the address to which one goes."""
        return self._prove("/browser/psc", {"language": language})

    def come_back(self, returned: Mapping[str, str]) -> Answer:
        """Show what came back; keep the session, if one was opened."""
        body = {name: returned[name] for name in ("code", "state", "iss") if name in returned}
        return self._kept(self._prove("/browser/psc/return", body))

    def choose(self, choice: str, finess: str) -> Answer:
        """Choose a place; keep the session, if one was opened."""
        return self._kept(self._prove("/browser/psc/place", {"choice": choice, "finess": finess}))

    def go(self, provider: PscProvider, login: str) -> Answer:
        """Sign in from the first request to the last."""
        return self.come_back(provider.sign_in(self.leave().body["address"], login))

    def _prove(self, path: str, body: Any) -> Answer:
        headers = {"DPoP": self.key.proof("POST", self.house.url + path)} | self.headers
        return self.house.post_json(path, body, headers)

    def _kept(self, answer: Answer) -> Answer:
        if answer.status == 200 and "access_token" in answer.body:
            self.token, self.nonce = answer.body["access_token"], answer.body["nonce"]
        return answer


def practising(rpps: str, profession_code: str = "21", *places: str) -> dict[str, Any]:
    """Write the claims of somebody who practises at these places; an empty one is an activity that names none."""
    activities = [
        {
            "codeModeExercice": "L",
            "codeSecteurDactivite": "SA33",
            "codeRole": "",
            "numeroSiretSite": "",
            "numeroFinessSite": place,
            "numeroFinessetablissementJuridique": "",
            "ancienIdentifiantDeLaStructure": f"1{place}" if place else "499700366240007",
        }
        for place in places
    ]
    exercise = {
        "codeProfession": profession_code,
        "codeCategorieProfessionnelle": "C",
        "activities": activities,
    }
    return {
        "SubjectNameID": f"8{rpps}",
        "preferred_username": f"8{rpps}",
        "given_name": "CLAIRE",
        "family_name": "FONTAINE",
        "SubjectRole": [f"{profession_code}^1.2.250.1.213.1.1.5.5"],
        "SubjectRefPro": {"codeCivilite": "MME", "exercices": [exercise]},
    }


@contextmanager
def pro_sante_connect() -> Iterator[PscProvider]:
    """Run the provider for the time of a block."""
    with subprocess.Popen(
        [node(), "pro_sante_connect.mjs"],
        cwd=NODE_TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield PscProvider(json.loads(process.stdout.readline())["issuer"], process)
        finally:
            process.stdin.close()  # it ends with its input


def _go(address: str, cookies: dict[str, str], form: str | None = None) -> tuple[int, str, bytes]:
    """Send one request with the cookies met so far; give the status, the place where it sends to, the page."""
    parts = urlsplit(address)
    headers = {"Cookie": "; ".join(f"{name}={text}" for name, text in cookies.items())}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection("localhost", parts.port, timeout=20)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET" if form is None else "POST", path, form, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    for written in answer.headers.get_all("set-cookie") or []:
        name, _, text = written.partition(";")[0].partition("=")
        cookies[name] = text
    return answer.status, urljoin(address, answer.headers.get("location", "")), content
