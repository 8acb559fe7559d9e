"""May tiers payant be granted to this person, on this day, for this kind of care?

The act of a professional at the counter. The answer is the gate's, whole: nothing is added, kept or decided here.
"""

from asyncio import Future

from rempart.domain.rights import RightsAnswer, RightsQuestion
from rempart.security.gate import Door
from rempart.security.principals import ProvenCaller


def query_rights(question: RightsQuestion, caller: ProvenCaller, door: Door) -> Future[RightsAnswer]:
    """Ask the gate about one person; the answer holds no identity, and its receipt is already written."""
    return door.ask(question, caller)
