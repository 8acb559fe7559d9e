"""What each role may ask of the keyring, and how often."""

import pytest

from rempart.domain.errors.keyring import KeyringForbidden, KeyringThrottled
from rempart.keyring import rights
from rempart.keyring.rights import Allowance
from rempart.keyring.wire import Operation

GRANTED = {
    ("fhir", Operation.INDEX, "index/0312345678"),
    ("fhir", Operation.INDEX, "request"),
    ("portal", Operation.INDEX, "index/0312345678"),
    ("counter", Operation.INDEX, "index/0312345678"),
    ("counter", Operation.INDEX, "request"),
    ("portal", Operation.INDEX, "request"),
    ("identity", Operation.SIGN, "sign/identity"),
    ("identity", Operation.PUBLIC_KEY, "sign/identity"),
    ("identity", Operation.PUBLIC_KEY, "sign/checkpoint"),
    ("feeds", Operation.INDEX_ALL, "index/0312345678"),
    ("feeds", Operation.SEAL, "data/0312345678"),
    ("operator", Operation.CREATE, "index/0312345678"),
    ("operator", Operation.CREATE, "data/0312345678"),
    ("operator", Operation.CREATE, "sign/identity"),
    ("operator", Operation.CREATE, "sign/checkpoint"),
    ("operator", Operation.PUBLIC_KEY, "sign/identity"),
    ("operator", Operation.PUBLIC_KEY, "sign/checkpoint"),
    *(("operator", Operation.NAMES, name) for name in ("index/0312345678", "data/0312345678", "request")),
    *(("operator", Operation.NAMES, name) for name in ("sign/identity", "sign/checkpoint")),
    ("channel", Operation.SIGN, "sign/channel"),
    ("channel", Operation.INDEX, "code"),
    *((face, Operation.INDEX, "code") for face in ("fhir", "portal", "counter")),
    *((role, Operation.PUBLIC_KEY, "sign/channel") for role in ("identity", "operator", "worker")),
    *(("operator", operation, "sign/channel") for operation in (Operation.CREATE, Operation.NAMES)),
    ("operator", Operation.NAMES, "code"),
    ("worker", Operation.SIGN, "sign/channel"),
    ("worker", Operation.OPEN, "data/0312345678"),
    ("worker", Operation.SIGN, "sign/identity"),
    ("worker", Operation.SIGN, "sign/checkpoint"),
    ("worker", Operation.PUBLIC_KEY, "sign/identity"),
    ("worker", Operation.PUBLIC_KEY, "sign/checkpoint"),
}
NAMES = (
    "index/0312345678",
    "data/0312345678",
    "request",
    "code",
    "sign/identity",
    "sign/checkpoint",
    "sign/channel",
)


@pytest.mark.parametrize("role", rights.ALLOWED)
@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("name", NAMES)
def test_a_role_has_what_this_table_says_and_nothing_else(role: str, operation: Operation, name: str) -> None:
    if (role, operation, name) in GRANTED:
        rights.check(role, operation, name)
    else:
        with pytest.raises(KeyringForbidden):
            rights.check(role, operation, name)


def test_no_face_can_open_what_is_sealed() -> None:
    assert [role for role, allowed in rights.ALLOWED.items() if Operation.OPEN in allowed] == ["worker"]


def test_a_taken_over_web_server_looks_up_no_faster_than_its_bound() -> None:
    allowance = Allowance.of("fhir", now=0.0)
    taken = 0
    for second in range(3_600):
        for _ in range(40):
            try:
                allowance.take(1_000, float(second))
            except KeyringThrottled:
                break
            taken += 1_000
    assert taken <= 5_000_000 + 3_600 * 200
    assert taken >= 5_000_000


def test_what_was_not_used_comes_back_slowly_and_never_beyond_the_whole() -> None:
    allowance = Allowance.of("portal", now=0.0)
    allowance.take(2_000, 0.0)
    with pytest.raises(KeyringThrottled):
        allowance.take(1, 0.0)
    allowance.take(1_000, 1.0)
    with pytest.raises(KeyringThrottled):
        allowance.take(2_001, 1_000_000.0)


def test_a_refused_request_costs_nothing() -> None:
    allowance = Allowance.of("portal", now=0.0)
    for _ in range(10):
        with pytest.raises(KeyringThrottled):
            allowance.take(2_001, 0.0)
    allowance.take(2_000, 0.0)


def test_a_role_without_a_rate_has_none() -> None:
    with pytest.raises(KeyringThrottled):
        Allowance.of("identity", now=0.0).take(1, 100.0)
