"""The short road beside uvicorn's own: which requests take it, and that no caller can tell which one was taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from rempart.supervisor.protocols.short_road import Headers, Reply, ShortRoadProtocol

PATH = "/ask"
TELLS_LENGTH = [(b"content-length", b"5")]


class Face:
    """Answers `short` by the short road and `long` by ASGI, and keeps what it was sent."""

    path = PATH.encode()

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.replies: list[Reply] = []
        self.answers_later = False
        self.is_open = True

    def road(self) -> "Face | None":
        return self if self.is_open else None

    def answer(self, headers: Headers, body: bytes, reply: Reply) -> None:
        assert dict(headers)[b"host"] == b"here"
        self.bodies.append(body)
        if self.answers_later:
            self.replies.append(reply)
        else:
            reply(200, TELLS_LENGTH, b"short")

    def malformed(self) -> tuple[int, Headers, bytes]:
        return 400, [(b"content-length", b"7")], b"no HTTP"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"long"})


class Line:
    """A connection to the face."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *pieces: str) -> None:
        for piece in pieces:
            self.writer.write(piece.encode())
            await self.writer.drain()
            await asyncio.sleep(0.02)

    async def hear(self) -> str:
        """Read one answer; give its body."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        self.head = head.lower()
        length = int(self.head.split("content-length: ")[1].split("\r")[0])
        return (await self.reader.readexactly(length)).decode()

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 5) == b""


@asynccontextmanager
async def served(face: Face) -> AsyncIterator[Line]:
    config = uvicorn.Config(face, http="httptools", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: ShortRoadProtocol(face.road, config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        server.close()
        await server.wait_closed()
        assert not state.tasks


def request(
    body: str = "hello", path: str = PATH, method: str = "POST", version: str = "1.1", more: str = ""
) -> str:
    return f"{method} {path} HTTP/{version}\r\nHost: here\r\n{more}Content-Length: {len(body.encode())}\r\n\r\n{body}"


async def test_a_request_that_comes_whole_takes_the_short_road_and_the_next_one_too() -> None:
    face = Face()
    async with served(face) as line:
        for _ in range(3):
            await line.send(request())
            assert await line.hear() == "short"
    assert face.bodies == [b"hello"] * 3


@pytest.mark.parametrize("place", [30, len(request()) - 5, len(request()) - 2])
async def test_a_request_that_comes_in_two_pieces_goes_the_long_way_whole(place: int) -> None:
    face = Face()
    whole = request()
    async with served(face) as line:
        await line.send(whole[:place], whole[place:])
        assert await line.hear() == ("short" if place == 30 else "long")
        await line.send(request("again"))
        assert await line.hear() == "short"
    assert face.bodies == [b"hello", b"again"]


async def test_a_chunked_body_that_came_whole_is_joined() -> None:
    face = Face()
    async with served(face) as line:
        await line.send(
            f"POST {PATH} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
        )
        assert await line.hear() == "short"
    assert face.bodies == [b"hello"]


@pytest.mark.parametrize(
    "written",
    [
        request(path="/elsewhere"),
        request(path=PATH + "?_format=json"),
        request(method="PUT"),
        request(version="1.0"),
        request(more="Expect: 100-continue\r\n"),
        request(more="Connection: upgrade\r\nUpgrade: h2c\r\n"),
    ],
    ids=["another path", "a query", "another method", "HTTP 1.0", "expects 100", "upgrade"],
)
async def test_any_other_request_goes_the_long_way(written: str) -> None:
    face = Face()
    async with served(face) as line:
        await line.send(written)
        assert await hear_after_continue(line) == "long"


async def hear_after_continue(line: Line) -> str:
    """Read an answer, past the interim one that `Expect` asked for."""
    if (await line.reader.readexactly(12)).endswith(b"100"):
        await line.reader.readuntil(b"\r\n\r\n")
    return await line.hear()


async def test_questions_sent_on_each_others_heels_are_answered_in_their_order() -> None:
    face = Face()
    face.answers_later = True
    async with served(face) as line:
        await line.send(request("first") + request("second") + request("third"))
        assert face.bodies == [b"first"]
        face.replies[0](200, TELLS_LENGTH, b"short")
        assert [await line.hear() for _ in range(3)] == ["short", "long", "long"]
    assert face.bodies == [b"first", b"second", b"third"]


async def test_a_connection_closes_after_the_answer_when_its_caller_asked_so() -> None:
    async with served(Face()) as line:
        await line.send(request(more="Connection: close\r\n"))
        assert await line.hear() == "short"
        assert "connection: close" in line.head
        assert await line.is_closed()


async def test_a_caller_who_went_away_is_answered_nothing() -> None:
    face = Face()
    face.answers_later = True
    async with served(face) as line:
        await line.send(request())
        line.writer.transport.abort()
        await asyncio.sleep(0.05)
        face.replies[0](200, TELLS_LENGTH, b"short")
        assert await line.is_closed()


async def test_what_is_no_http_is_refused_and_asks_nothing() -> None:
    face = Face()
    async with served(face) as line:
        await line.send(
            f"POST {PATH} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nzz\r\n"
        )
        assert await line.hear() == "no HTTP"
        assert line.head.startswith("http/1.1 400")
        assert await line.is_closed()
    assert face.bodies == []


async def test_where_the_face_is_closed_uvicorn_refuses_what_is_no_http() -> None:
    face = Face()
    face.is_open = False
    async with served(face) as line:
        await line.send("what is this?\r\n\r\n")
        assert await line.hear() == "Invalid HTTP request received."


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_head_that_does_not_end_is_refused(is_open: bool) -> None:
    face = Face()
    face.is_open = is_open
    async with served(face) as line:
        await line.send(f"POST {PATH} HTTP/1.1\r\n")
        await line.send(*["X-More: " + "x" * 12_000 + "\r\n"] * 11)
        assert await line.hear() == ""
        assert line.head.startswith("http/1.1 431")
    assert face.bodies == []


async def test_a_large_body_is_no_large_head() -> None:
    face = Face()
    async with served(face) as line:
        for _ in range(3):
            await line.send(request("x" * 200_000))
            assert await line.hear() in {"short", "long"}


async def test_a_closed_road_leaves_the_request_to_asgi() -> None:
    face = Face()
    face.is_open = False
    async with served(face) as line:
        await line.send(request())
        assert await line.hear() == "long"
