"""One request, followed: what a pharmacy's software sends and receives, against the platform that `make demo` keeps serving.

    .venv/bin/python docs/guides/first_answer.py [GIVEN NAME]

Reads REMPART_HOME/demo.json (var/demo.json), as any client could: addresses, a registered software and its key, test people.
"""

import json
import os
import sys
from pathlib import Path

from rempart.sandbox.client import ProofKey, key_from_jwk
from rempart.sandbox.provider_visit import name_professional
from rempart.sandbox.software import Asked, Software, eligibility_request


def main() -> None:
    """Sign in, take a token, ask about one test person, and show what went over the wire."""
    given_name = sys.argv[1] if len(sys.argv) > 1 else "Alice"
    demo = json.loads((Path(os.environ.get("REMPART_HOME", "var")) / "demo.json").read_text(encoding="utf-8"))
    person = next(person for person in demo["people"] if person["given_names"] == given_name)
    claire = demo["professionals"][0]
    registered = demo["software"]

    key = ProofKey(key_from_jwk(json.loads(Path(registered["private_key_file"]).read_text(encoding="utf-8"))))
    software = Software(
        registered["client_id"], registered["key_id"], key, demo["fhir_url"], demo["token_endpoint"]
    )

    print(f"1. {claire['name']} signs in at {demo['test_identity_provider']['issuer']}")
    identity = name_professional(
        demo["test_identity_provider"]["issuer"], registered["client_id"], claire["rpps"]
    )
    print(f"2. The software exchanges her identity token at {demo['token_endpoint']}")
    life_s = software.take_token(registered["audience"], identity)
    print(f"   → a token bound to its key, for {life_s} s")

    question = Asked(person["amc_number"], person["nir"], person["birth_date"], person["birth_rank"], "PHAR")
    print(f"3. POST {demo['fhir_url']}/CoverageEligibilityRequest/$submit")
    print(json.dumps(eligibility_request(question), indent=2, ensure_ascii=False))
    answer = software.ask_rights(question)
    print(f"4. HTTP {answer.status}")
    print(json.dumps(answer.content, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
