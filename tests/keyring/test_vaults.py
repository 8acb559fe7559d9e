"""What holds the keys: the sealed file, and the PKCS#11 device, which must behave alike."""

import hashlib
import hmac
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import AttributeSensitive

from rempart.domain.errors.keyring import KeysUnreadable, KeyUnknown, SealBroken
from rempart.keyring.file_vault import FileVault, _hmac
from rempart.keyring.pkcs11_vault import Pkcs11Vault
from rempart.keyring.vault import Vault
from tests.support.programs import softhsm_module

INDEX, DATA, SIGN = "index/0312345678", "data/0312345678", "sign/identity"
MOREAU, DIALLO = b"moreau-camille|0312345678", b"diallo-aminata|0312345678"


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a token of SoftHSM's; a process initialises the library once, so there is one for the whole run."""
    module = softhsm_module()
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(home / "softhsm2.conf"))
        new = ["--init-token", "--free", "--label", "rempart-test", "--pin", "1234", "--so-pin", "5678"]
        subprocess.run(["softhsm2-util", *new], check=True, capture_output=True)
        yield module


class Device:
    """The token as a keyring would find it at each start; two cannot be logged in at once in one process."""

    def __init__(self, module: Path) -> None:
        self.module = module
        self.opened: Pkcs11Vault | None = None

    def open(self) -> Pkcs11Vault:
        self.close()
        self.opened = Pkcs11Vault(self.module, "rempart-test", "1234")
        return self.opened

    def close(self) -> None:
        if self.opened is not None:
            self.opened._session.close()
            self.opened = None

    def empty(self) -> None:
        for key in list(self.open()._session.get_objects()):
            key.destroy()
        self.close()


@pytest.fixture(params=["file", "pkcs11"])
def open_vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Vault]]:
    """Give what opens the same vault again and again."""
    if request.param == "file":
        yield lambda: FileVault(tmp_path / "keys.sealed", b"a passphrase")
        return
    device = Device(request.getfixturevalue("token"))
    yield device.open
    device.empty()


@pytest.fixture
def vault(open_vault: Callable[[], Vault]) -> Vault:
    made = open_vault()
    assert made.create([INDEX, DATA, SIGN]) == [INDEX, DATA, SIGN]
    return made


def test_what_was_sealed_opens_for_its_record_alone(vault: Vault) -> None:
    sealed = vault.seal(DATA, [MOREAU, DIALLO], [b"Camille Moreau", b"Aminata Diallo"])
    assert vault.open(DATA, [MOREAU, DIALLO], sealed) == [b"Camille Moreau", b"Aminata Diallo"]
    with pytest.raises(SealBroken):
        vault.open(DATA, [DIALLO, MOREAU], sealed)


def test_a_flipped_bit_anywhere_breaks_the_seal(vault: Vault) -> None:
    (sealed,) = vault.seal(DATA, [MOREAU], [b"Camille"])
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(SealBroken):
            vault.open(DATA, [MOREAU], [bytes(altered)])


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(27)])
def test_what_is_too_short_to_be_sealed_is_broken(vault: Vault, sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        vault.open(DATA, [MOREAU], [sealed])


def test_the_same_text_is_never_sealed_alike(vault: Vault) -> None:
    one, other = vault.seal(DATA, [MOREAU, MOREAU], [b"Camille", b"Camille"])
    assert one != other
    assert len(one) == len(b"Camille") + 28


def test_another_insurers_key_does_not_open_it(vault: Vault) -> None:
    vault.create(["data/0387654321"])
    sealed = vault.seal(DATA, [MOREAU], [b"Camille"])
    with pytest.raises(SealBroken):
        vault.open("data/0387654321", [MOREAU], sealed)


def test_a_digest_is_the_same_for_the_same_words_and_key_only(vault: Vault) -> None:
    vault.create(["index/0387654321"])
    one, same, other = vault.digest(INDEX, [b"camille", b"camille", b"aminata"])
    assert one == same
    assert len({one, other, *vault.digest("index/0387654321", [b"camille"])}) == 3
    assert len(one) == 32


def test_a_signature_is_accepted_by_its_public_key(vault: Vault) -> None:
    Ed25519PublicKey.from_public_bytes(vault.public_key(SIGN)).verify(
        vault.sign(SIGN, b"a checkpoint"), b"a checkpoint"
    )


def test_a_key_that_is_not_there_is_unknown_to_every_act(vault: Vault) -> None:
    acts: list[Callable[[], object]] = [
        lambda: vault.digest("index/0000000000", [b""]),
        lambda: vault.seal("data/0000000000", [b""], [b""]),
        lambda: vault.open("data/0000000000", [b""], [bytes(40)]),
        lambda: vault.sign("sign/nothing", b""),
        lambda: vault.public_key("sign/nothing"),
    ]
    for act in acts:
        with pytest.raises(KeyUnknown):
            act()


def test_a_key_is_made_once(vault: Vault) -> None:
    before = vault.digest(INDEX, [b"camille"])
    assert vault.create([INDEX, "index/0387654321"]) == ["index/0387654321"]
    assert vault.digest(INDEX, [b"camille"]) == before
    assert vault.names() == [DATA, INDEX, "index/0387654321", SIGN]


def test_keys_are_the_same_after_a_restart(vault: Vault, open_vault: Callable[[], Vault]) -> None:
    before = vault.names(), vault.digest(INDEX, [b"camille"]), vault.public_key(SIGN)
    sealed = vault.seal(DATA, [MOREAU], [b"Camille"])
    again = open_vault()
    assert (again.names(), again.digest(INDEX, [b"camille"]), again.public_key(SIGN)) == before
    assert again.open(DATA, [MOREAU], sealed) == [b"Camille"]


def test_a_vault_shows_no_key(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "keys.sealed", b"a passphrase")
    vault.create([INDEX])
    key = vault._keys[INDEX]
    at_rest = (tmp_path / "keys.sealed").read_bytes()
    assert key not in at_rest
    assert INDEX.encode() not in at_rest
    assert repr(key) not in repr(vault)


@given(st.binary(min_size=1, max_size=100), st.lists(st.binary(max_size=200), max_size=5))
def test_the_prepared_hmac_is_the_standard_one(key: bytes, messages: list[bytes]) -> None:
    assert _hmac(key)(messages) == [hmac.digest(key, message, hashlib.sha256) for message in messages]


def test_the_file_of_keys_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FileVault(tmp_path / "keys.sealed", b"a passphrase").create([INDEX])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys.sealed").stat().st_mode) == 0o600


def test_another_passphrase_opens_nothing(tmp_path: Path) -> None:
    FileVault(tmp_path / "keys.sealed", b"a passphrase").create([INDEX])
    with pytest.raises(KeysUnreadable):
        FileVault(tmp_path / "keys.sealed", b"another")


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_an_altered_file_of_keys_opens_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys.sealed"
    FileVault(path, b"a passphrase").create([INDEX])
    whole = bytearray(path.read_bytes())
    sealed_at = whole.index(b"}\n") + 2
    place = data.draw(st.integers(sealed_at, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    with pytest.raises(KeysUnreadable):
        FileVault(path, b"a passphrase")


@pytest.mark.parametrize(
    "text", [b"", b"rempart-keys-1\n", b"rempart-keys-1\n{}\nsealed", b"something else\n{}\nx"]
)
def test_a_file_that_is_no_file_of_keys_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "keys.sealed").write_bytes(text)
    with pytest.raises(KeysUnreadable):
        FileVault(tmp_path / "keys.sealed", b"a passphrase")


def test_a_write_that_was_cut_short_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "keys.sealed", b"a passphrase")
    vault.create([INDEX])
    (tmp_path / "keys.draft").write_bytes(b"half of a fi")
    again = FileVault(tmp_path / "keys.sealed", b"a passphrase")
    assert again.create([DATA]) == [DATA]
    assert again.names() == [DATA, INDEX]


def test_two_keyrings_on_one_file_see_each_others_keys(tmp_path: Path) -> None:
    one, other = (FileVault(tmp_path / "keys.sealed", b"a passphrase") for _ in range(2))
    one.create([INDEX])
    assert other.digest(INDEX, [b"camille"]) == one.digest(INDEX, [b"camille"])
    other.create([DATA])
    assert one.create([INDEX, DATA]) == []
    assert one.names() == other.names() == [DATA, INDEX]


@pytest.fixture
def device(token: Path) -> Iterator[Device]:
    device = Device(token)
    device.open().create([INDEX, DATA, SIGN])
    yield device
    device.empty()


def test_the_device_gives_no_key_out(device: Device) -> None:
    assert device.opened is not None
    for kind, name in (
        (ObjectClass.SECRET_KEY, INDEX),
        (ObjectClass.SECRET_KEY, DATA),
        (ObjectClass.PRIVATE_KEY, SIGN),
    ):
        key = device.opened._find(kind, name)
        assert not key[Attribute.EXTRACTABLE]
        assert key[Attribute.SENSITIVE]
        with pytest.raises(AttributeSensitive):
            _ = key[Attribute.VALUE]


@pytest.mark.parametrize(("label", "pin"), [("no-such-token", "1234"), ("rempart-test", "4321")])
def test_a_wrong_token_or_pin_is_said_without_the_pin(device: Device, label: str, pin: str) -> None:
    device.close()
    with pytest.raises(KeysUnreadable) as refusal:
        Pkcs11Vault(device.module, label, pin)
    assert pin not in str(refusal.value)
