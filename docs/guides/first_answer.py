"""The client of docs/guides/first-answer.md: from nothing to an answer about one test person."""

import json
import os
import secrets
import sys
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

demo = json.loads((Path(os.environ.get("REMPART_HOME", "var")) / "demo.json").read_text(encoding="utf-8"))
software, claire, provider = demo["software"], demo["professionals"][0], demo["test_identity_provider"]
given_name = sys.argv[1] if len(sys.argv) > 1 else "Alice"
person = next(person for person in demo["people"] if person["given_names"] == given_name)
key = ECKey.import_key(json.loads(Path(software["private_key_file"]).read_text(encoding="utf-8")))


def base64url(octets: bytes) -> str:
    """Write bytes as JOSE does."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def post(url: str, body: str, **headers: str) -> tuple[int, str, str]:
    """Send one request; the status, the redirection if there is one, the body."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    named = {name.replace("_", "-"): content for name, content in headers.items()}
    connection.request("POST", f"{parts.path}?{parts.query}".rstrip("?"), body, named)
    answer = connection.getresponse()
    return answer.status, answer.headers.get("Location", ""), answer.read().decode()


def proof(url: str, token: str = "") -> str:
    """Show that the key is at hand, for one POST (RFC 9449)."""
    claims = {"jti": secrets.token_urlsafe(24), "htm": "POST", "htu": url, "iat": int(time.time())}
    if token:
        claims["ath"] = base64url(sha256(token.encode()).digest())
    public = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    return jwt.encode({"typ": "dpop+jwt", "alg": "ES256", "jwk": public}, claims, key)


print(f"1. {claire['name']} signs in at {provider['issuer']}")
form = {"Content_Type": "application/x-www-form-urlencoded"}
verifier, ours = secrets.token_urlsafe(32), "http://localhost/retour"
login = {"client_id": software["client_id"], "redirect_uri": ours}
challenge = {
    "code_challenge": base64url(sha256(verifier.encode()).digest()),
    "code_challenge_method": "S256",
}
page = urlencode({"response_type": "code", "scope": "openid", **login, **challenge})
_, back, _ = post(f"{provider['issuer']}/authorize?{page}", urlencode({"rpps": claire["rpps"]}), **form)
(code,) = parse_qs(urlsplit(back).query)["code"]
grant = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, **login}
_, _, body = post(f"{provider['issuer']}/token", urlencode(grant), **form)
identity = json.loads(body)["id_token"]

print(f"2. The software exchanges that word at {demo['token_endpoint']}")
name, now = software["client_id"], int(time.time())
claims = {"iss": name, "sub": name, "aud": software["audience"], "iat": now, "exp": now + 60}
claims["jti"] = secrets.token_urlsafe(24)
exchange = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": jwt.encode({"alg": "ES256", "kid": software["key_id"]}, claims, key),
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "subject_token": identity,
}
_, _, body = post(demo["token_endpoint"], urlencode(exchange), DPoP=proof(demo["token_endpoint"]), **form)
token = json.loads(body)["access_token"]

url = f"{demo['fhir_url']}/CoverageEligibilityRequest/$submit"
born, amc = person["birth_date"], "https://rempart.example/fhir/NamingSystem/amc-number"
patient = {
    "resourceType": "Patient",
    "id": "patient",
    "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.8", "value": person["nir"]}],
    "birthDate": f"{born[:4]}-{born[4:6]}-{born[6:]}",
    "multipleBirthInteger": person["birth_rank"],
}
question = {
    "resourceType": "CoverageEligibilityRequest",
    "status": "active",
    "purpose": ["validation"],
    "created": time.strftime("%Y-%m-%d"),
    "contained": [patient],
    "patient": {"reference": "#patient"},
    "insurer": {"identifier": {"system": amc, "value": person["amc_number"]}},
}
print(f"3. POST {url}")
print(json.dumps(question, indent=2, ensure_ascii=False))
held = {"Authorization": f"DPoP {token}", "DPoP": proof(url, token), "Content_Type": "application/fhir+json"}
status, _, body = post(url, json.dumps(question), Accept_Language="fr", **held)
print(f"4. HTTP {status}")
print(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
