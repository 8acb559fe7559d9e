"""How large the row groups of a Parquet file are, read from its footer before anything is decoded.

A row group is decoded whole, so its size bounds our memory; polars does not tell it. The footer is a Thrift structure in compact
protocol: this reads the three numbers wanted and steps over the rest.

Sources: https://parquet.apache.org/docs/file-format/metadata/ (FileMetaData: 3 num_rows, 4 row_groups; RowGroup: 2
total_byte_size, 3 num_rows) and the Thrift compact protocol, thrift/doc/specs/thrift-compact-protocol.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from rempart.domain.errors.member_files import (
    MemberFileNotParquet,
    MemberFileRowGroupTooLarge,
    MemberFileTruncated,
)
from rempart.limits.files import (
    MEMBER_FILE_FOOTER_MAX_BYTES,
    MEMBER_FILE_GROUP_MAX_BYTES,
    MEMBER_FILE_GROUP_MAX_ROWS,
)

_MAGIC: Final = b"PAR1"
_TAIL_BYTES: Final = 8  # length of the footer, magic
_NESTING_MAX: Final = 16  # the real footer nests 6 deep

_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = (
    0,
    1,
    2,
    3,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
)
_INTEGERS: Final = (4, 5, 6)
_FIXED_BYTES: Final = {_TRUE: 0, _FALSE: 0, _BYTE: 1, _DOUBLE: 8, _UUID: 16}


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group: rows, and bytes once uncompressed."""

    row_count: int
    size_bytes: int


def read_row_groups(file: BinaryIO) -> list[RowGroup]:
    """List the row groups of a Parquet file; refuse a truncated or damaged file, and a group beyond the bound."""
    groups = _Footer(_footer_of(file)).row_groups()
    for position, group in enumerate(groups, 1):
        if group.row_count > MEMBER_FILE_GROUP_MAX_ROWS or group.size_bytes > MEMBER_FILE_GROUP_MAX_BYTES:
            raise MemberFileRowGroupTooLarge(f"row group {position}")
        if group.row_count < 0 or group.size_bytes < 0:
            raise MemberFileNotParquet("footer")
    return groups


def _footer_of(file: BinaryIO) -> bytes:
    """Read the bytes of the footer."""
    begins_well = file.read(4) == _MAGIC
    size_bytes = file.seek(0, 2)
    if not begins_well:
        raise MemberFileNotParquet("first bytes") if size_bytes else MemberFileTruncated("empty file")
    if size_bytes < 4 + _TAIL_BYTES:
        raise MemberFileTruncated("footer")
    file.seek(-_TAIL_BYTES, 2)
    tail = file.read(_TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC:
        raise MemberFileTruncated("footer")
    if length > min(size_bytes - 4 - _TAIL_BYTES, MEMBER_FILE_FOOTER_MAX_BYTES):
        raise MemberFileNotParquet("footer")
    file.seek(-_TAIL_BYTES - length, 2)
    return file.read(length)


class _Footer:
    """A cursor over Thrift compact protocol, which trusts no length."""

    def __init__(self, footer: bytes) -> None:
        self._footer = footer
        self._at = 0

    def row_groups(self) -> list[RowGroup]:
        """Read the row groups out of FileMetaData."""
        groups: list[RowGroup] = []
        try:
            for field, kind in self._fields():
                if (field, kind) == (4, _LIST):
                    count, kind_of_items = self._list_header()
                    if kind_of_items != _STRUCT:
                        raise MemberFileNotParquet("footer")
                    groups = [self._row_group() for _ in range(count)]
                else:
                    self._skip(kind, 0)
        except IndexError:
            raise MemberFileNotParquet("footer") from None
        return groups

    def _row_group(self) -> RowGroup:
        row_count = size_bytes = -1
        for field, kind in self._fields():
            if field == 2 and kind in _INTEGERS:
                size_bytes = self._integer()
            elif field == 3 and kind in _INTEGERS:
                row_count = self._integer()
            else:
                self._skip(kind, 1)
        return RowGroup(row_count, size_bytes)

    def _fields(self) -> Iterator[tuple[int, int]]:
        """Yield number and kind of each field of a structure; the caller reads or skips its content."""
        field = 0
        while (head := self._byte()) & 0x0F != _STOP:
            field = field + (head >> 4) if head >> 4 else self._integer()
            yield field, head & 0x0F

    def _list_header(self) -> tuple[int, int]:
        head = self._byte()
        count = head >> 4 if head >> 4 != 15 else self._varint()
        if count > len(self._footer):
            raise MemberFileNotParquet("footer")
        return count, head & 0x0F

    def _skip(self, kind: int, depth: int) -> None:
        """Step over one content."""
        if depth > _NESTING_MAX:
            raise MemberFileNotParquet("footer")
        if kind in _FIXED_BYTES:
            self._at += _FIXED_BYTES[kind]
        elif kind in _INTEGERS:
            self._varint()
        elif kind == _BINARY:
            length = self._varint()
            self._at += length
        elif kind == _STRUCT:
            for _, inner in self._fields():
                self._skip(inner, depth + 1)
        else:
            self._skip_items(kind, depth)

    def _skip_items(self, kind: int, depth: int) -> None:
        """Step over a list, a set or a map; a boolean takes a byte there."""
        if kind in (_LIST, _SET):
            count, inner = self._list_header()
            kinds: tuple[int, ...] = (inner,)
        elif kind == _MAP:
            count = self._varint()
            both = self._byte() if count else 0
            kinds = (both >> 4, both & 0x0F)
        else:
            raise MemberFileNotParquet("footer")
        if count > len(self._footer):
            raise MemberFileNotParquet("footer")
        for _ in range(count):
            for inner in kinds:
                self._skip(_BYTE if inner in (_TRUE, _FALSE) else inner, depth + 1)

    def _byte(self) -> int:
        byte = self._footer[self._at]
        self._at += 1
        return byte

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) & 0x80:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift

    def _integer(self) -> int:
        zigzag = self._varint()
        return (zigzag >> 1) ^ -(zigzag & 1)
