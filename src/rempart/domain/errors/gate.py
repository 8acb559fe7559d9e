"""The gate that is overloaded, whose answers were lost, or that broke."""

from rempart.domain.errors.families import Bug, Outage


class GateOverloaded(Outage):
    """More questions wait than this process can answer soon; the caller may ask again."""

    code = "overloaded"


class AnswersLost(Outage):
    """The questions may have been decided and recorded, and the answers did not come; a key lets them be asked again for free."""

    code = "answers-lost"


class GateBroken(Bug):
    """The gate failed on a question; nothing was decided or recorded."""

    code = "gate-broken"
