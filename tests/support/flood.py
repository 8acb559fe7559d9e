"""Somebody who sends as much as he can: a program of its own, so that it does not slow whoever asks honestly beside it.

    python -m tests.support.flood     its script on standard input, in JSON: address, requests, connections, seconds

Each connection sends the requests again and again, sixteen at a time, and counts the statuses that come back; they are told on
standard output at the end, with the seconds that it took.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping

PIPELINED = 16

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def request(path: str, host: str, headers: Mapping[str, str], body: bytes) -> str:
    """Write one POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {text}" for name, text in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n" + body.decode()


async def _send(port: int, chunks: list[bytes], until_s: float, counted: Counter[str]) -> None:
    place = 0
    while time.monotonic() < until_s:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            counted["no connection"] += 1
            await asyncio.sleep(0.01)
            continue
        try:
            while time.monotonic() < until_s:
                writer.write(chunks[place % len(chunks)])
                place += 1
                await _count(reader, counted)
        except (OSError, asyncio.IncompleteReadError):
            counted["hung up"] += 1
        finally:
            writer.close()


async def _count(reader: asyncio.StreamReader, counted: Counter[str]) -> None:
    for _ in range(PIPELINED):
        head = await reader.readuntil(b"\r\n\r\n")
        found = _STATUS.match(head)
        counted[found[1].decode() if found else "no status"] += 1
        length = re.search(rb"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main() -> None:
    """Read the script, say when it begins, send, and print what was counted."""
    script = json.loads(sys.stdin.readline())
    requests = [text.encode() for text in script["requests"]]
    chunks = [b"".join(requests[at : at + PIPELINED]) for at in range(0, len(requests), PIPELINED)]
    counted: Counter[str] = Counter()
    _tell("begun")
    began = time.monotonic()
    until_s = began + script["seconds"]
    await asyncio.gather(
        *(
            _send(script["port"], chunks[at:] + chunks[:at], until_s, counted)
            for at in range(script["connections"])
        )
    )
    _tell(json.dumps({"counted": counted, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    asyncio.run(main())
