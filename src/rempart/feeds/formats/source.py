"""Where a file is read from: its path, or a descriptor that somebody who may read it opened for a process that may not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

Source = Path | int


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Read a source from its beginning; a descriptor stays open for the next reader."""
    with open(source, "rb", closefd=isinstance(source, Path)) as file:
        file.seek(0)
        yield file
