"""Whoever proves nothing is slowed by the network he comes from; a program of this machine is not."""

from rempart.limits import UNPROVEN_REQUESTS_BURST
from tests.support.identity import House


def statuses(house: House, forwarded: str, count: int) -> list[int]:
    return [
        house.post_json("/browser/invitation", {"code": "x"}, {"X-Forwarded-For": forwarded}).status
        for _ in range(count)
    ]


def test_a_burst_from_one_network_is_slowed_and_another_is_not(house: House) -> None:
    told = statuses(house, "203.0.113.7", UNPROVEN_REQUESTS_BURST + 40)
    assert told[:UNPROVEN_REQUESTS_BURST] == [404] * UNPROVEN_REQUESTS_BURST
    assert 429 in told
    assert statuses(house, "203.0.113.8", 1) == [404]
    slowed = house.post_json("/browser/invitation", {"code": "x"}, {"X-Forwarded-For": "203.0.113.7"})
    if slowed.status == 429:
        assert slowed.headers["retry-after"].isdecimal()


def test_what_the_sender_says_of_himself_before_the_proxy_does_not_count(house: House) -> None:
    told = [
        house.post_json(
            "/browser/invitation", {"code": "x"}, {"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.9"}
        ).status
        for n in range(UNPROVEN_REQUESTS_BURST + 40)
    ]
    assert 429 in told


def test_one_subscriber_of_ipv6_is_one_network(house: House) -> None:
    told = [
        house.post_json("/browser/invitation", {"code": "x"}, {"X-Forwarded-For": f"2001:db8::{n:x}"}).status
        for n in range(1, UNPROVEN_REQUESTS_BURST + 40)
    ]
    assert 429 in told


def test_refused_token_requests_are_slowed_too(house: House) -> None:
    headers = {"X-Forwarded-For": "203.0.113.10"}
    told = [
        house.exchange(headers=headers, grant_type="password").status
        for _ in range(UNPROVEN_REQUESTS_BURST + 40)
    ]
    assert told[0] == 400
    assert 429 in told
