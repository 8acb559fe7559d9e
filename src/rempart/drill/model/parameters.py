"""The parameters that a fresh installation has, for playing worlds without a database.

They are those of store/migrations/0002_access.sql and 0013_detectors.sql; tests/drill_model/test_parameters.py holds the two
against each other.
"""

from typing import Final

from rempart.domain.detectors import Measure, Signal, Test
from rempart.domain.detectors.standing import Budget

type_of_tests = dict[Signal, Test]

_OF_ALL: Final[type_of_tests] = {
    Signal.FAILURES: Test(13.8, Measure.FREEZE, 0.15, 0.50),
    Signal.STALE: Test(13.8, Measure.STEP_UP, 0.08, 0.30),
    Signal.WALK: Test(13.8, Measure.FREEZE, 0.02, 0.60),
    Signal.ELSEWHERE: Test(1000.0, Measure.STEP_UP, 0.75, 0.92),
    Signal.REGULARITY: Test(13.8, Measure.STEP_UP, 0.15, 0.70),
    Signal.TOGETHER: Test(20.0, Measure.FREEZE),
}

_NOVELTY: Final = {
    "pharmacist": (0.57, 0.995), "optician": (0.77, 0.995), "audioprosthetist": (0.74, 0.995), "dentist": (0.57, 0.995),
    "doctor": (0.57, 0.995), "auxiliary": (0.57, 0.995), "laboratory": (0.68, 0.985), "transporter": (0.68, 0.985),
    "hospital": (0.72, 0.985), "midwife": (0.57, 0.995), "device-supplier": (0.68, 0.985),
}  # fmt: skip

SHIPPED: Final[dict[str, type_of_tests]] = {
    code: _OF_ALL | {Signal.NOVELTY: Test(13.8, Measure.STEP_UP, honest, thief)}
    for code, (honest, thief) in _NOVELTY.items()
}

BUDGETS: Final = {
    "pharmacist": Budget(400, 0.5, 60), "optician": Budget(40, 1.0, 30), "audioprosthetist": Budget(40, 1.0, 30),
    "dentist": Budget(60, 1.0, 30), "doctor": Budget(60, 1.0, 30), "auxiliary": Budget(80, 1.0, 30),
    "laboratory": Budget(600, 0.5, 60), "transporter": Budget(80, 1.0, 30), "hospital": Budget(6000, 0.05, 200),
    "midwife": Budget(60, 1.0, 30), "device-supplier": Budget(80, 1.0, 30),
}  # fmt: skip
