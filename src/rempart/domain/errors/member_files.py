"""Member files that are not taken, and files that wait for a second person."""

from rempart.domain.errors.families import Outage, Refusal


class MemberFileRefused(Refusal):
    """A member file is not taken, and nothing was changed; the place says the column or the line."""

    code = "member-file-refused"


class MemberFileMissing(MemberFileRefused):
    """The data file cannot be read."""

    code = "member-file-missing"


class MemberFileExtensionUnknown(MemberFileRefused):
    """A member file is named .csv or .parquet."""

    code = "member-file-extension"


class ManifestMissing(MemberFileRefused):
    """The data file has no manifest beside it."""

    code = "manifest-missing"


class ManifestUnreadable(MemberFileRefused):
    """The manifest is not a JSON object in UTF-8."""

    code = "manifest-unreadable"


class ManifestMemberWrong(MemberFileRefused):
    """A member of the manifest is missing, unknown, or wrong in type or content."""

    code = "manifest-member"


class MemberFileByteOrderMark(MemberFileRefused):
    """The file begins with a byte-order mark."""

    code = "member-file-byte-order-mark"


class MemberFileEncodingWrong(MemberFileRefused):
    """A line is not UTF-8."""

    code = "member-file-encoding"


class MemberFileSeparatorWrong(MemberFileRefused):
    """The header is separated by something other than a semicolon."""

    code = "member-file-separator"


class MemberFileTruncated(MemberFileRefused):
    """The end of the file is missing."""

    code = "member-file-truncated"


class MemberFileLineTooLong(MemberFileRefused):
    """A line is longer than any row can be."""

    code = "member-file-line-too-long"


class MemberFileColumnMissing(MemberFileRefused):
    """A column of the format is not there."""

    code = "member-file-column-missing"


class MemberFileColumnUnknown(MemberFileRefused):
    """A column is not one of the format."""

    code = "member-file-column-unknown"


class MemberFileColumnTwice(MemberFileRefused):
    """A column appears twice."""

    code = "member-file-column-twice"


class MemberFileColumnTypeWrong(MemberFileRefused):
    """A Parquet column has a type that cannot hold its content."""

    code = "member-file-column-type"


class MemberFileHasContactColumn(MemberFileRefused):
    """A column holds contact data, which stay with the insurer."""

    code = "member-file-contact-column"


class MemberFileNotParquet(MemberFileRefused):
    """The file is not Parquet, or is damaged."""

    code = "member-file-not-parquet"


class MemberFileRowGroupTooLarge(MemberFileRefused):
    """A row group of the Parquet file exceeds the bound."""

    code = "member-file-row-group-too-large"


class MemberFileDigestWrong(MemberFileRefused):
    """The data file is not the one that the manifest describes."""

    code = "member-file-digest"


class MemberFileRowCountWrong(MemberFileRefused):
    """The file has more or fewer rows than the manifest says."""

    code = "member-file-row-count"


class MemberFileControlSumWrong(MemberFileRefused):
    """The control sum of the rows is not the manifest's."""

    code = "member-file-control-sum"


class MemberFileForAnotherInsurer(MemberFileRefused):
    """The manifest names another insurer than the one that the file was brought for."""

    code = "member-file-insurer"


class InsurerUnregistered(MemberFileRefused):
    """No insurer is registered under this AMC number."""

    code = "insurer-unregistered"


class MemberFileSequenceGap(MemberFileRefused):
    """A file is missing before this one; the place says which sequence is expected."""

    code = "member-file-sequence-gap"


class MemberFileSequenceTaken(MemberFileRefused):
    """Another file was taken under this sequence; the place says which is expected."""

    code = "member-file-sequence-taken"


class MemberFilePreviousWrong(MemberFileRefused):
    """The file before this one is not the one that was taken."""

    code = "member-file-previous"


class MemberFileNoGoodLine(MemberFileRefused):
    """Not one line of the file is good."""

    code = "member-file-no-good-line"


class MemberFileTooManyFaults(MemberFileRefused):
    """So much of the file is bad that it was not read to its end."""

    code = "member-file-too-many-faults"


class FileApprovalRefused(Refusal):
    """A waiting file cannot be let in this way."""

    code = "file-approval-refused"


class FileUnknown(FileApprovalRefused):
    """No file has this number."""

    code = "file-unknown"


class FileNotWaiting(FileApprovalRefused):
    """The file does not wait for anybody: it was approved, taken or withdrawn."""

    code = "file-not-waiting"


class FileBroughtBySamePerson(FileApprovalRefused):
    """Who brought a file does not let it in: a second person must look."""

    code = "file-same-person"


class LoadUnderWay(Outage):
    """Another member file is being loaded; loads take turns."""

    code = "load-under-way"


class ReportUnwritable(Outage):
    """The report of refused lines cannot be written next to the file; nothing was changed."""

    code = "report-unwritable"


class LoadInterrupted(Outage):
    """The process that loads a file ended before it could say what became of it; nothing is kept of a load that has not ended."""

    code = "load-interrupted"


class CardsRefused(Refusal):
    """Cards cannot be made like this, and none was."""

    code = "cards-refused"


class CardsFolderTaken(CardsRefused):
    """The folder that the cards would fill is there already: those of another run are not mixed with these."""

    code = "cards-folder-taken"


class CardHolderUnknown(CardsRefused):
    """The list names somebody whom the member file does not have; `place` says on which line of the list."""

    code = "card-holder-unknown"


class CardsFileFaulty(CardsRefused):
    """A file that was not sent yet has bad lines: writing it again would hide them; `place` counts them."""

    code = "cards-file-faulty"
