"""What exists for trials only: a sandbox, and people who do not exist."""

from rempart.domain.errors.families import Refusal


class SandboxOnly(Refusal):
    """What was to be started exists in a sandbox only: process and database must both say that this is one."""

    code = "sandbox-only"


class GenerationImpossible(Refusal):
    """People cannot be generated as asked: there must be an insurer at least, and no more insurers than people."""

    code = "generation-impossible"


class DirectoryTaken(Refusal):
    """The directory holds a member file that no former run lists in its insurers.json; `place` names it."""

    code = "directory-taken"
