"""Ask a process of this machine whether it answers, as a stranger would: its health page, over HTTP.

We hang up first: the side that does keeps the connection's port for a minute, and the face's port is wanted for its next start.
"""

import asyncio


async def answers(host: str, port: int, timeout_s: float) -> bool:
    """Say whether a process answers its health page with 200 in time."""
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return (await reader.readline()).split()[1:2] == [b"200"]
    except (OSError, TimeoutError, ValueError):
        return False
    finally:
        if writer is not None:
            writer.close()
