"""The gate that is overloaded, whose answers were lost, or that broke; what it cannot contain or release."""

from rempart.domain.errors.families import Bug, Outage, Refusal


class GateOverloaded(Outage):
    """More questions wait than this process can answer soon; the caller may ask again."""

    code = "overloaded"


class AnswersLost(Outage):
    """The questions may have been decided and recorded, and the answers did not come; a key lets them be asked again for free."""

    code = "answers-lost"


class GateBroken(Bug):
    """The gate failed on a question; nothing was decided or recorded."""

    code = "gate-broken"


class ContainmentRefused(Refusal):
    """This containment, or this release, is not possible."""

    code = "containment-refused"


class ContainmentTargetUnknown(ContainmentRefused):
    """Nothing of this name is there to contain."""

    code = "containment-target-unknown"


class ModeNotForScope(ContainmentRefused):
    """Who is asked about has no session to revoke, a person no budget to slow down; freeze them, or ask for presence."""

    code = "mode-not-for-scope"


class PlatformTakesNoName(ContainmentRefused):
    """The platform is contained whole and has no name: who gives one means something narrower."""

    code = "platform-takes-no-name"


class NothingToRelease(ContainmentRefused):
    """Nothing is in force under this number: it was released, or never contained."""

    code = "nothing-to-release"


class ReleaseBySamePerson(ContainmentRefused):
    """Who asked for a release does not agree to it: that takes a second person."""

    code = "release-by-same-person"


class CanaryRefused(Refusal):
    """Canaries cannot be planted or retired like this."""

    code = "canary-refused"


class CanaryInsurerEmpty(CanaryRefused):
    """This insurer has nobody with open rights here, whom a canary could look like."""

    code = "canary-insurer-empty"


class CanaryListUnnamed(CanaryRefused):
    """The name of the list is not one line of 1 to 120 characters."""

    code = "canary-list-unnamed"


class CanaryListTaken(CanaryRefused):
    """The file to write is there already: a list of canaries is not mixed with another one."""

    code = "canary-list-taken"


class CanaryListUnknown(CanaryRefused):
    """No list of canaries in force has this number."""

    code = "canary-list-unknown"


class CanaryRetiredBySamePerson(CanaryRefused):
    """Who asked to retire a list does not agree to it: that takes a second person."""

    code = "canary-retired-by-same-person"


class DetectorsRefused(Refusal):
    """The detectors cannot be fitted on this, or changed like this."""

    code = "detectors-refused"


class DetectorFileUnreadable(DetectorsRefused):
    """A file of aggregates or of rules lacks a column, a line, or holds something else than what it should."""

    code = "detector-file-unreadable"


class DetectorDaysInverted(DetectorsRefused):
    """Aggregates are of a first day and the days after it, up to one that comes later."""

    code = "detector-days-inverted"


class DetectorRuleUnknown(DetectorsRefused):
    """A change is of rules that are in force, by their profession and signal."""

    code = "detector-rule-unknown"


class DetectorChangeTooEarly(DetectorsRefused):
    """Rules change from today at the earliest."""

    code = "detector-change-too-early"


class DetectorChangeBySamePerson(DetectorsRefused):
    """Who asked for a change of the detectors does not agree to it: that takes a second person."""

    code = "detector-change-by-same-person"


class StatusRefused(Refusal):
    """This message cannot be published, or ended."""

    code = "status-refused"


class StatusPopulationUnknown(StatusRefused):
    """There is no such population to tell."""

    code = "status-population-unknown"


class StatusTimeMalformed(StatusRefused):
    """The hour of the next news is no date and time, or is past."""

    code = "status-time-malformed"


class StatusSentenceWrong(StatusRefused):
    """A message has from 1 to 500 characters, on one line."""

    code = "status-sentence-wrong"


class StatusMessageUnknown(StatusRefused):
    """No message in force has this number."""

    code = "status-message-unknown"
