"""The QR of a card as SVG, in millimetres, for a printer's layout program to place on the card.

A module is half a millimetre: six dots of a card printer of 300 dots an inch, and large enough for a worn card at a counter's
scanner. Level Q survives a quarter of the picture scratched off. The quiet zone is part of the picture: nobody who places it
has to know of it. No text: the card bears the names already.

Never: write what the code holds beside it. Source: ISO/IEC 18004 (quiet zone of four modules, levels).
"""

from typing import Final

import segno

MODULE_MM: Final = 0.5
QUIET_MODULES: Final = 4
LEVEL: Final = "q"


def draw(digits: str) -> str:
    """Draw the digits of a card's code as one SVG file."""
    rows = segno.make_qr(digits, error=LEVEL, boost_error=False).matrix
    side = len(rows) + 2 * QUIET_MODULES
    size_mm = f"{side * MODULE_MM:g}mm"
    path = "".join(
        f"M{start + QUIET_MODULES} {line + QUIET_MODULES}h{length}v1h-{length}z"
        for line, row in enumerate(rows)
        for start, length in _dark_runs(bytes(row))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size_mm}" height="{size_mm}" viewBox="0 0 {side} {side}" '
        'role="img" shape-rendering="crispEdges"><title>Code de la carte, à scanner</title>'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>\n'
    )


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    """List the dark runs of a row: where each begins and how long it is, in modules."""
    runs, start = [], -1
    for place, is_dark in enumerate((*row, 0)):
        if is_dark and start < 0:
            start = place
        elif not is_dark and start >= 0:
            runs.append((start, place - start))
            start = -1
    return runs
