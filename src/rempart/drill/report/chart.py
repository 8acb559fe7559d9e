"""A chart of people exposed over time, as SVG made here: one line for each run, and the points that its table shows.

Lines differ by their dashes as well as by their tone, and each is named at its end: no legend to go back and forth to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Final

Points = Sequence[tuple[float, int]]

WIDTH: Final = 780
HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 250, 16, 40
_DASHES: Final = ("", "7 4", "2 4", "10 3 2 3", "1 3", "14 5")
_LABEL_PX: Final = 15
_LABEL_CHARS: Final = 34
"""What the right margin holds at 12 px: some seven pixels a character in bold."""

TABLE_MOMENTS: Final = 6


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name, its points (moment, people so far), and whether it is the run with every control."""

    name: str
    points: Points
    is_guarded: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """The moments of a chart: the last one, and the unit they are told in."""

    last: float
    unit: str

    @property
    def moments(self) -> list[float]:
        """Choose the moments of the table."""
        return [self.last * step / TABLE_MOMENTS for step in range(1, TABLE_MOMENTS + 1)]


def at(points: Points, moment: float) -> int:
    """Tell how many people were exposed by a moment."""
    return max((count for when, count in points if when <= moment), default=0)


def draw(title: str, series: Sequence[Series], axis: Axis) -> str:
    """Draw the chart."""
    highest = _round_up(max(at(line.points, axis.last) for line in series))
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">',
        *(_level(highest * step / 4, highest) for step in range(5)),
        *(_moment(axis.last * step / 3, axis) for step in range(4)),
        *(_line(line, number, axis, highest) for number, line in enumerate(series)),
        *_labels(series, axis, highest),
        "</svg>",
    ]
    return "\n".join(parts)


def in_french(number: float) -> str:
    """Write a number as French does, with spaces that do not break."""
    text = (
        f"{number:,.0f}" if abs(number) >= 100 or float(number).is_integer() else f"{number:,.2f}".rstrip("0")
    )
    return text.replace(",", "\u202f").replace(".", ",")


def _round_up(number: float) -> float:
    """Find a round number above: 1, 2, 2.5, 4, 5 or 8 times a power of ten."""
    step = 10.0
    while step < number:
        step *= 10
    return next((step * share for share in (0.1, 0.2, 0.25, 0.4, 0.5, 0.8) if step * share >= number), step)


def _x(moment: float, axis: Axis) -> float:
    return _LEFT + moment / axis.last * (WIDTH - _LEFT - _RIGHT)


def _y(count: float, highest: float) -> float:
    return HEIGHT - _BOTTOM - count / highest * (HEIGHT - _TOP - _BOTTOM)


def _level(count: float, highest: float) -> str:
    y = _y(count, highest)
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{in_french(count)}</text>'
    )


def _moment(moment: float, axis: Axis) -> str:
    unit = f"\u00a0{axis.unit}" if moment == axis.last else ""
    return (
        f'<text class="tick" x="{_x(moment, axis):.1f}" y="{HEIGHT - _BOTTOM + 20}" text-anchor="middle">'
        f"{in_french(round(moment, 1))}{unit}</text>"
    )


def _line(series: Series, number: int, axis: Axis, highest: float) -> str:
    """Draw a line in steps: between two people nobody is exposed."""
    path, before = f"M{_x(0, axis):.1f} {_y(0, highest):.1f}", 0
    inside = [(when, count) for when, count in series.points if when <= axis.last]
    thinned = inside[:: max(1, len(inside) // 300)] + inside[-1:]
    for when, count in [*thinned, (axis.last, at(series.points, axis.last))]:
        path += f"H{_x(when, axis):.1f}"
        if count != before:
            path += f"V{_y(count, highest):.1f}"
        before = count
    kind = "guarded" if series.is_guarded else "bare"
    return f'<path class="{kind}" d="{path}" stroke-dasharray="{_DASHES[number % len(_DASHES)]}"/>'


def _labels(series: Sequence[Series], axis: Axis, highest: float) -> list[str]:
    """Name each line at its end, on as many lines as its name takes, one name under the other where they meet."""
    named = sorted(
        ((_y(at(line.points, axis.last), highest), line, _lines_of(line, axis)) for line in series),
        key=lambda one: one[0],
    )
    tops = _spread([y for y, _, _ in named], [len(lines) for _, _, lines in named])
    written = []
    for top, (_, line, lines) in zip(tops, named, strict=True):
        weight = ' class="strong"' if line.is_guarded else ""
        rows = "".join(
            f'<tspan x="{WIDTH - _RIGHT + 8}" y="{top + place * _LABEL_PX:.1f}">{escape(text)}</tspan>'
            for place, text in enumerate(lines)
        )
        written.append(f"<text{weight}>{rows}</text>")
    return written


def _lines_of(line: Series, axis: Axis) -> list[str]:
    """Break a line's name where the margin ends; the figure stays with the last word."""
    return wrap(f"{line.name}\u00a0:\u00a0{in_french(at(line.points, axis.last))}", _LABEL_CHARS)


def _spread(ends: Sequence[float], heights: Sequence[int]) -> list[float]:
    """Place labels of so many rows beside the ends of their lines, highest first, none over another nor beyond the chart."""
    tops, next_top = [], float(_LABEL_PX)
    for end, rows in zip(ends, heights, strict=True):
        tops.append(max(end + 4 - (rows - 1) * _LABEL_PX / 2, next_top))
        next_top = tops[-1] + rows * _LABEL_PX
    floor = HEIGHT - _BOTTOM + _LABEL_PX + 4.0  # above the moments
    for place in reversed(range(len(tops))):
        tops[place] = min(tops[place], floor - heights[place] * _LABEL_PX)
        floor = tops[place]
    return tops
