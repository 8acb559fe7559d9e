"""Scripts, styles and images, read once at the start and served under an address that holds their digest.

One digest stands for all of them, so that a script finds the module it imports by a relative path, and so that whoever has an
address has the whole set that goes with it; it never changes, so a browser may keep it for a year.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = Path(__file__).parent.parent / "assets"
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All the files by their address, and the address that they have in common."""

    root: str
    by_path: dict[str, Asset]


def read_assets(directory: Path = DIRECTORY) -> Assets:
    """Read every file of a type that pages use."""
    files = sorted(path for path in directory.rglob("*") if path.suffix in MEDIA_TYPES)
    contents = {str(path.relative_to(directory)): path.read_bytes() for path in files}
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    root = f"/assets/{digest.hexdigest()[:16]}"
    return Assets(
        root,
        {
            f"{root}/{name}": Asset(content, MEDIA_TYPES[Path(name).suffix])
            for name, content in contents.items()
        },
    )
