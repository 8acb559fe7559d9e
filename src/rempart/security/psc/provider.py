"""Pro Santé Connect, asked: where to send a browser, and who came back with a code.

Every call goes through a few threads of its own and none holds a connection to the database: a provider that is silent keeps
nobody waiting but those who sign in by it.
"""

import asyncio
import concurrent.futures.thread
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlencode

import msgspec
import structlog
from joserfc.jwk import KeySet

from rempart.domain.errors import Outage
from rempart.domain.errors.accounts import PscAnswerRefused, PscUnreachable
from rempart.limits import PSC_ANSWER_MAX_BYTES, PSC_CALLS_MAX, PSC_WAITING_MAX
from rempart.security.assertions.provider_keys import ProviderKeys
from rempart.security.psc.asking import Asking, authorization_address
from rempart.security.psc.client import PscClient
from rempart.security.psc.discovery import Discovery, Metadata
from rempart.security.psc.identity import require_same_subject, verify_identity
from rempart.security.psc.practice import Practitioner, read_practitioner

log = structlog.get_logger()


class Reply(Protocol):
    """What an HTTP call brings back."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def content(self) -> bytes:
        """The body, whole."""


type_of_call = Callable[[str, int, dict[str, str], str | None], Reply]


class _Tokens(msgspec.Struct):
    id_token: str
    access_token: str


class PscProvider:
    """The provider, as one process knows it."""

    def __init__(
        self,
        client: PscClient,
        call: type_of_call,
        is_allowed: Callable[[str], bool],
        keys: ProviderKeys,
        now_s: Callable[[], float],
    ) -> None:
        self._client = client
        self._call = call
        self._keys = keys
        self._now_s = now_s
        self._discovery = Discovery(client.issuer, self._get, is_allowed, now_s)
        self._threads = concurrent.futures.thread.ThreadPoolExecutor(PSC_CALLS_MAX, "psc")
        self._waiting = 0

    def close(self) -> None:
        """Let the threads go; a call under way ends by its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def address_for(self, redirect_uri: str, asking: Asking) -> str:
        """Give the address to which a browser goes to sign in. Refuses: PscUnreachable."""
        metadata = await self._discovery.metadata()
        return authorization_address(metadata, self._client.client_id, redirect_uri, asking)

    async def identify(
        self, code: str, sent_by: str | None, *, verifier: str, nonce_digest: bytes, redirect_uri: str
    ) -> Practitioner:
        """Exchange a code for whom it names; `sent_by` is the issuer that the answer names, if it names one.

        Refuses: PscAnswerRefused, PscPracticeMissing, PscUnreachable.
        """
        metadata = await self._discovery.metadata()
        try:
            _require_issuer(metadata, sent_by)
            tokens = await self._exchange(metadata, code, verifier, redirect_uri)
            subject = verify_identity(
                tokens.id_token,
                metadata.issuer,
                await self._keys_for(tokens.id_token, metadata),
                self._client.client_id,
                nonce_digest,
                self._now_s(),
            )
            userinfo = await self._userinfo(metadata, tokens.access_token)
            require_same_subject(userinfo, subject)
        except PscAnswerRefused as refused:
            log.warning("psc-answer-refused", because=refused.place)
            raise PscAnswerRefused from None  # which check failed is for the operator, not for whoever tries
        return read_practitioner(userinfo)

    async def _exchange(self, metadata: Metadata, code: str, verifier: str, redirect_uri: str) -> _Tokens:
        shown = self._client.token_request(metadata.token_endpoint_auth_methods_supported, self._now_s())
        if shown is None:
            log.error("psc-takes-no-proof-of-ours")
            raise PscUnreachable
        headers, members = shown
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        } | members
        reply = await self._ask(metadata.token_endpoint, headers, urlencode(form))
        if reply.status != HTTPStatus.OK:
            raise PscAnswerRefused("code")
        try:
            return msgspec.json.decode(reply.content, type=_Tokens)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise PscAnswerRefused("tokens") from None

    async def _keys_for(self, id_token: str, metadata: Metadata) -> KeySet:
        try:
            return await self._keys.keys_for(id_token, metadata.jwks_uri)
        except Outage:
            raise PscUnreachable from None

    async def _userinfo(self, metadata: Metadata, access_token: str) -> bytes:
        reply = await self._ask(metadata.userinfo_endpoint, {"Authorization": f"Bearer {access_token}"}, None)
        if reply.status != HTTPStatus.OK:
            raise PscAnswerRefused("userinfo")
        return reply.content

    async def _get(self, address: str) -> bytes:
        reply = await self._ask(address, {}, None)
        if reply.status != HTTPStatus.OK:
            raise PscUnreachable
        return reply.content

    async def _ask(self, address: str, headers: dict[str, str], form: str | None) -> Reply:
        """Call the provider in a thread; its own failures (5xx, silence) are an outage."""
        if self._waiting >= PSC_WAITING_MAX:
            raise PscUnreachable
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            reply = await loop.run_in_executor(
                self._threads, self._call, address, PSC_ANSWER_MAX_BYTES, headers, form
            )
        except Outage:
            raise PscUnreachable from None
        finally:
            self._waiting -= 1
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PscUnreachable
        return reply


def _require_issuer(metadata: Metadata, sent_by: str | None) -> None:
    """Refuse an answer that another provider sent (RFC 9207 2.4)."""
    if sent_by is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if sent_by != metadata.issuer:
        raise PscAnswerRefused("iss")
