"""Clients and providers that other people wrote get a token and an answer, unmodified."""

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from rempart.domain.birth_dates import BirthDate
from rempart.domain.identifiers import Nir, alias_message
from rempart.keyring.bulk import BulkKeyring
from rempart.keyring.client import Keyring
from rempart.operations import manage_access
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.faces.fhir.requests import NADIA, question
from tests.support.identity import House, Professional
from tests.support.platform import processes
from tests.support.programs import NODE_TESTS, node, run_judge
from tests.support.world import World

REDIRECT = "http://localhost:4999/retour"


@pytest.fixture(scope="module")
def pharmacist(house: House) -> Professional:
    return house.register("Claire Fontaine")


@pytest.fixture(scope="module")
def certified_provider(house: House, pharmacist: Professional) -> Iterator[str]:
    """Run oidc-provider for two softwares and one professional; Rempart believes it."""
    activity = {"codeModeExercice": "L", "numeroFinessSite": pharmacist.finess}
    claims = {
        "preferred_username": f"8{pharmacist.rpps}",
        "SubjectNameID": f"8{pharmacist.rpps}",
        "SubjectRole": ["21^1.2.250.1.213.1.1.5.5"],
        "SubjectRefPro": {"exercices": [{"codeProfession": "21", "activities": [activity]}]},
    }
    told = {
        "client_id": house.software.client_id,
        "jwks": {"keys": [house.software.key.as_dict(private=False)]},
        "redirect_uri": REDIRECT,
        "professionals": {"claire": claims},
    }
    with subprocess.Popen(
        [node(), "identity_provider.mjs"],
        cwd=NODE_TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        provider = json.loads(process.stdout.readline())
        with connect_sync(house.settings, "operator") as connection:
            manage_access.register_provider(
                connection,
                provider["issuer"],
                provider["jwks_uri"],
                for_tests=True,
                because="essai",
                by="nadia",
            )
        yield provider["issuer"]
        process.stdin.close()


@pytest.fixture(scope="module")
def fhir(house: House, keyring: Settings) -> Iterator[str]:
    """Run the FHIR face on the same database; give the address of its one question."""
    assert keyring.runtime == house.settings.runtime, "the face knocks at another keyring"
    with processes(house.settings, "fhir", REMPART_FHIR_WORKERS="1") as running:
        yield f"{running.urls['fhir']}/CoverageEligibilityRequest/$submit"


async def know(world: World, settings: Settings) -> dict[str, Any]:
    """Let an insurer know Nadia, under the digest that the keyring gives; give the question about her."""
    insurer = world.insurer()
    keys = await Keyring.connect(settings, "operator")
    await keys.create([f"index/{insurer.amc}"])
    await keys.close()
    with BulkKeyring(settings) as bulk:
        (alias,) = bulk.index(
            insurer.amc, [alias_message(Nir.parse(NADIA.nir), BirthDate.parse(NADIA.birth_date), 1)]
        )
    person = world.person("Nadia", insurer)
    world.do("insert into members.aliases values (%s, %s, %s)", alias, person.person_id, insurer.insurer_id)
    return question(NADIA, insurer.amc)


def exchange(house: House, provider: str, resource: str, body: dict[str, Any]) -> Any:
    """Let openid-client sign in at the provider, exchange the token and ask the resource twice."""
    asked = {
        "provider": provider,
        "rempart": house.url,
        "client_id": house.software.client_id,
        "private_key": house.software.key.as_dict(private=True),
        "redirect_uri": REDIRECT,
        "login": "claire",
        "resource": resource,
        "method": "POST",
        "body": body,
        "headers": {"content-type": "application/fhir+json"},
    }
    return json.loads(run_judge("token_exchange.mjs", text=json.dumps(asked)))


async def test_openid_client_gets_a_token_and_two_rights_answers(
    house: House, certified_provider: str, fhir: str, world: World
) -> None:
    got = exchange(house, certified_provider, fhir, await know(world, house.settings))
    assert got["tokens"]["token_type"] == "dpop"
    assert got["tokens"]["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert [answer["status"] for answer in got["answers"]] == [200, 200]
    for answer in got["answers"]:
        assert answer["body"]["resourceType"] == "CoverageEligibilityResponse"
        assert answer["body"]["insurance"][0]["inforce"] is True


def test_the_certified_providers_token_for_another_software_is_refused(
    house: House, certified_provider: str, fhir: str
) -> None:
    got = exchange(house, certified_provider, fhir, {})
    payload = got["id_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["aud"] == house.software.client_id
    with connect_sync(house.settings, "operator") as connection:
        keys = json.dumps({"keys": [house.software.key.as_dict(private=False)]}).encode()
        manage_access.register_software(connection, "another-software", "Un autre logiciel", keys)
    assertion = house.software.assertion(house.url, iss="another-software", sub="another-software")
    answer = house.exchange(client_assertion=assertion, subject_token=got["id_token"])
    assert (answer.status, answer.body["code"]) == (400, "subject-token-for-another")
