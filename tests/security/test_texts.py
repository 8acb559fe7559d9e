"""base64url has one text for one sequence of bytes; two addresses are one only if they name one resource."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.security import base64url
from rempart.security.addresses import is_same_address, normalise_address


@given(st.binary(max_size=100))
def test_what_is_written_is_read_back_and_is_what_the_standard_library_writes(content: bytes) -> None:
    written = base64url.encode(content)
    assert written == base64.urlsafe_b64encode(content).decode().rstrip("=")
    assert base64url.decode(written.encode()) == base64url.decode_canonical(written.encode()) == content


@given(st.binary(max_size=40))
def test_only_one_text_is_read_for_some_bytes(text: bytes) -> None:
    try:
        content = base64url.decode_canonical(text)
    except ValueError:
        return
    assert base64url.encode(content).encode() == text


@pytest.mark.parametrize("text", [b"AA==", b"A", b"AAAAA", b"A+/A", b"AA A", b"A\nAA", "é".encode()])
def test_another_alphabet_or_an_impossible_length_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        base64url.decode(text)


@pytest.mark.parametrize("text", [b"AB", b"AAB"])
def test_a_loose_last_bit_is_refused_where_it_matters(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        base64url.decode_canonical(text)


SAME = [
    ("https://rempart.example/fhir", "HTTPS://Rempart.Example:443/fhir"),
    ("http://localhost:80/a", "http://localhost/a"),
    ("https://rempart.example", "https://rempart.example/"),
    ("https://rempart.example/$submit", "https://rempart.example/%24submit?x#y"),
    ("https://rempart.example/%c3%a9", "https://rempart.example/%C3%A9"),
]
OTHER = [
    ("https://rempart.example/a", "http://rempart.example/a"),
    ("https://rempart.example/a", "https://rempart.example/A"),
    ("https://rempart.example/a/b", "https://rempart.example/a%2Fb"),
    ("https://rempart.example/a", "https://rempart.example/a/"),
    ("https://rempart.example/a", "https://user@rempart.example/a"),
    ("https://rempart.example:8443/a", "https://rempart.example/a"),
    ("", ""),
    ("nonsense", "nonsense"),
    ("http://[", "http://["),
    ("http://x:99999/", "http://x:99999/"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_resource_written_in_two_ways_is_one(one: str, other: str) -> None:
    assert is_same_address(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_resources_are_two(one: str, other: str) -> None:
    assert not is_same_address(one, other)


@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_comparison_and_a_normal_form_is_its_own(text: str) -> None:
    normal = normalise_address(text)
    assert normal is None or normalise_address(normal) == normal


@given(st.text(alphabet="abAB%24f/._~$é ", max_size=30))
def test_a_path_has_one_normal_form(path: str) -> None:
    normal = normalise_address(f"http://localhost/{path}")
    assert normal is not None
    assert normalise_address(normal) == normal
