"""Charts made here and drawn there: shapes of an SVG with their places, colours by class, times for the page to write.

A page that trusts no markup can still make these elements one by one. The table beside says the same in figures.
"""

from typing import Any, Final

from rempart.operations.console.counting import Step

WIDTH, HEIGHT = 480, 190
_LEFT, _TOP, _BOTTOM = 40, 12, 28
_TICKS: Final = 2
_TIMES: Final = 4

Shape = dict[str, Any]


def chart_of(steps: list[Step]) -> list[Shape]:
    """Draw a bar a step, refusals at its foot and answers above, under a scale that ends on a round number."""
    if not steps:
        return []
    top = ceiling_of(max(step.asked for step in steps))
    tall = HEIGHT - _TOP - _BOTTOM
    width = (WIDTH - _LEFT) / len(steps)
    shapes = _scale(top, tall)
    for place, step in enumerate(steps):
        left, foot = _LEFT + place * width, float(HEIGHT - _BOTTOM)
        for count, kind in (
            (step.refused, "refused"),
            (step.negative, "negative"),
            (step.granted, "granted"),
        ):
            height = round(count / top * tall, 2)
            if count:
                foot -= height
                shapes.append(_bar(left, foot, width, height, kind))
    return shapes + _times(steps, width)


def ceiling_of(most: int) -> int:
    """Give the round number at which a scale ends, whose half is whole: 4, 10, 20, 40, 100…"""
    step = 1
    while True:
        for ceiling in (4 * step, 10 * step, 20 * step):
            if ceiling >= most:
                return ceiling
        step *= 10


def _scale(top: int, tall: int) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in range(_TICKS + 1):
        y = HEIGHT - _BOTTOM - tall * tick / _TICKS
        shapes.append({"name": "line", "class": "rule", "x1": _LEFT, "x2": WIDTH, "y1": y, "y2": y})
        label = f"{top * tick // _TICKS}"
        shapes.append({"name": "text", "class": "count", "x": _LEFT - 8, "y": y + 4, "text": label})
    return shapes


def _bar(left: float, foot: float, width: float, height: float, kind: str) -> Shape:
    return {
        "name": "rect",
        "class": kind,
        "x": round(left + width * 0.12, 2),
        "y": round(foot, 2),
        "width": round(width * 0.76, 2),
        "height": height,
    }


def _times(steps: list[Step], width: float) -> list[Shape]:
    every = max(1, len(steps) // _TIMES)
    return [
        {
            "name": "text",
            "class": "time",
            "x": round(_LEFT + (place + 0.5) * width, 2),
            "y": HEIGHT - 8,
            "at": steps[place].at,
        }
        for place in range(every // 2, len(steps), every)
    ]
