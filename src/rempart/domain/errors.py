"""Every refusal, outage and bug that Rempart can name, in one tree.

    RempartError
    ├── Refusal            the caller can act on it; HTTP 4xx; its code is stable and documented
    │   ├── IdentifierRefused   a NIR, birth date, rank, FINESS, RPPS or AMC number that is not one
    │   └── MemberFileRefused   an insurer's file that is not taken, nothing changed
    ├── Outage             something we depend on did not answer; HTTP 503; the caller may try again
    └── Bug                our fault; HTTP 500; the caller gets a reference number and nothing else

An error says what was wrong, where and what to do. It never carries personal data: not a NIR, a name or a birth date, not
even a part of what was typed. Each face translates these errors in its own table; a house test fails if a row is missing.
"""

from typing import ClassVar


class RempartError(Exception):
    """An error with a stable kebab-case code; `place` says where in the input it was found."""

    code: ClassVar[str] = "error"

    def __init__(self, place: str = "") -> None:
        super().__init__(f"{self.code} at {place}" if place else self.code)
        self.place = place

    @property
    def sentence(self) -> str:
        """Say what was wrong, in the first words of its class, for a developer or an operator."""
        return (self.__doc__ or self.code).splitlines()[0]


class Refusal(RempartError):
    """The request cannot be granted as it stands; the caller can act on the code."""

    code = "refused"


class IdentifierRefused(Refusal):
    """An identifier is not one; the code says why, the place says which."""

    code = "identifier-refused"


class NirLengthWrong(IdentifierRefused):
    """A NIR has 13 characters and a key of 2."""

    code = "nir-length"


class NirCharacterWrong(IdentifierRefused):
    """A NIR is made of digits, and of 2A or 2B for a birth in Corsica."""

    code = "nir-character"


class NirKeyMissing(IdentifierRefused):
    """The 13 characters are there, the key is not."""

    code = "nir-key-missing"


class NirSexDigitUnknown(IdentifierRefused):
    """The first digit of a NIR is 1 or 2, or 3 to 8 for a provisional number."""

    code = "nir-sex-digit"


class NirMonthImpossible(IdentifierRefused):
    """The month of a NIR is 01 to 12, 20, 30 to 42 or 50 to 99."""

    code = "nir-month"


class NirPlaceImpossible(IdentifierRefused):
    """The place in a NIR is no département, overseas territory or country."""

    code = "nir-place"


class NirOrderImpossible(IdentifierRefused):
    """The order number of a NIR begins at 001."""

    code = "nir-order"


class NirKeyWrong(IdentifierRefused):
    """The key does not belong to the 13 characters: one of the 15 is mistyped."""

    code = "nir-key"


class NirFictitious(IdentifierRefused):
    """The number is one of those used for anonymous care; it names nobody."""

    code = "nir-fictitious"


class BirthDateLengthWrong(IdentifierRefused):
    """A birth date has eight digits."""

    code = "birth-date-length"


class BirthDateCharacterWrong(IdentifierRefused):
    """A birth date is made of digits."""

    code = "birth-date-character"


class BirthDateYearImpossible(IdentifierRefused):
    """Nobody alive was born in that year."""

    code = "birth-date-year"


class BirthRankOutOfRange(IdentifierRefused):
    """A birth rank is 1 to 9."""

    code = "birth-rank"


class FinessLengthWrong(IdentifierRefused):
    """A FINESS number has nine characters."""

    code = "finess-length"


class FinessCharacterWrong(IdentifierRefused):
    """A FINESS number is made of digits, and of 2A or 2B at the front."""

    code = "finess-character"


class FinessDepartementUnknown(IdentifierRefused):
    """A FINESS number begins with a département."""

    code = "finess-departement"


class FinessKeyWrong(IdentifierRefused):
    """The last digit of the FINESS number does not belong to the others."""

    code = "finess-key"


class RppsLengthWrong(IdentifierRefused):
    """An RPPS number has eleven digits."""

    code = "rpps-length"


class RppsCharacterWrong(IdentifierRefused):
    """An RPPS number is made of digits."""

    code = "rpps-character"


class RppsKeyWrong(IdentifierRefused):
    """The last digit of the RPPS number does not belong to the others."""

    code = "rpps-key"


class AmcNumberLengthWrong(IdentifierRefused):
    """An AMC number has eight to ten digits."""

    code = "amc-number-length"


class AmcNumberCharacterWrong(IdentifierRefused):
    """An AMC number is made of digits."""

    code = "amc-number-character"


class AmcNumberZero(IdentifierRefused):
    """An AMC number is not made of zeros alone."""

    code = "amc-number-zero"


class CardCodeRefused(Refusal):
    """What the scanner typed is not the code of a card."""

    code = "card-code-refused"


class CardCodeCharacterWrong(CardCodeRefused):
    """A character is neither a digit nor what a digit becomes under another keyboard layout."""

    code = "card-code-character"


class CardCodeVersionUnknown(CardCodeRefused):
    """The code does not begin as the codes that this platform reads."""

    code = "card-code-version"


class CardCodeLengthWrong(CardCodeRefused):
    """The code is cut short or runs on."""

    code = "card-code-length"


class CardCodeCheckWrong(CardCodeRefused):
    """The check digits do not belong to the others: the code was misread."""

    code = "card-code-check"


class CardSecretRefused(Refusal):
    """A card secret is 16 to 32 characters of base 32."""

    code = "card-secret-form"


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


class AccessRefused(Refusal):
    """Who is asking was not shown; nothing was asked."""

    code = "access-refused"


class TokenRefused(AccessRefused):
    """The access token is not one."""

    code = "token-refused"


class TokenMissing(TokenRefused):
    """The request carries no access token."""

    code = "token-missing"


class TokenSchemeWrong(TokenRefused):
    """The access token is sent otherwise than by the scheme DPoP."""

    code = "token-scheme-wrong"


class TokenMalformed(TokenRefused):
    """The access token is not one that Rempart gives, or came twice."""

    code = "token-malformed"


class ProofRefused(AccessRefused):
    """The DPoP proof does not show possession of a key for this request."""

    code = "proof-refused"


class ProofMissing(ProofRefused):
    """The request carries no DPoP proof."""

    code = "proof-missing"


class ProofMalformed(ProofRefused):
    """The DPoP header is not one proof of type dpop+jwt with jti, htm, htu and iat."""

    code = "proof-malformed"


class ProofAlgorithmRefused(ProofRefused):
    """The proof is signed otherwise than by ES256 or Ed25519."""

    code = "proof-algorithm-refused"


class ProofKeyRefused(ProofRefused):
    """The key in the proof is not a well-written public key of the algorithm named."""

    code = "proof-key-refused"


class ProofSignatureWrong(ProofRefused):
    """The proof is not signed by the key it carries."""

    code = "proof-signature-wrong"


class ProofMethodWrong(ProofRefused):
    """The proof was made for another method."""

    code = "proof-method-wrong"


class ProofAddressWrong(ProofRefused):
    """The proof was made for another address."""

    code = "proof-address-wrong"


class ProofTokenHashWrong(ProofRefused):
    """The proof was not made for this access token."""

    code = "proof-token-hash-wrong"


class ProofStale(ProofRefused):
    """The proof is too old."""

    code = "proof-stale"


class ProofAhead(ProofRefused):
    """The proof was made in our future: the caller's clock is fast."""

    code = "proof-ahead"


class ProofReplayed(ProofRefused):
    """The proof was used before."""

    code = "proof-replayed"


class ClientRefused(AccessRefused):
    """The software is not registered, or its assertion is not signed by its key for us."""

    code = "client-refused"


class ClientAssertionStale(ClientRefused):
    """The assertion has expired, is not yet valid, or would live longer than five minutes."""

    code = "client-assertion-stale"


class ClientAssertionReplayed(ClientRefused):
    """The assertion was used before."""

    code = "client-assertion-replayed"


class KeySetRefused(Refusal):
    """A key set holds something other than a few strong public signing keys."""

    code = "key-set-refused"


class SubjectTokenRefused(AccessRefused):
    """The token that should name the professional does not."""

    code = "subject-token-refused"


class SubjectTokenMalformed(SubjectTokenRefused):
    """The subject token is no identity token."""

    code = "subject-token-malformed"


class SubjectTokenIssuerUnknown(SubjectTokenRefused):
    """The issuer of the subject token is not a provider that Rempart believes."""

    code = "subject-token-issuer-unknown"


class SubjectTokenSignatureWrong(SubjectTokenRefused):
    """The subject token is not signed by a key of its issuer."""

    code = "subject-token-signature-wrong"


class SubjectTokenExpired(SubjectTokenRefused):
    """The subject token has expired: the professional signs in again."""

    code = "subject-token-expired"


class SubjectTokenForAnother(SubjectTokenRefused):
    """The subject token was issued to another software."""

    code = "subject-token-for-another"


class SubjectNamesNobody(SubjectTokenRefused):
    """The subject token names neither a practising professional by RPPS nor a structure by FINESS."""

    code = "subject-names-nobody"


class SubjectNotAdmitted(SubjectTokenRefused):
    """The professional or the structure may not ask here: unknown, struck off, or not at this place."""

    code = "subject-not-admitted"


class PlaceNeeded(SubjectTokenRefused):
    """The professional has several places: the software names one by its FINESS number."""

    code = "place-needed"


class TokenRequestRefused(Refusal):
    """The token request lacks a parameter, has one twice, or has one that cannot be."""

    code = "token-request-refused"


class GrantTypeUnsupported(TokenRequestRefused):
    """The only grant here is the exchange of a token that names a professional."""

    code = "grant-type-unsupported"


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


class InsurerKnown(Refusal):
    """An insurer is registered under this AMC number already."""

    code = "insurer-known"


class GenerationImpossible(Refusal):
    """People cannot be generated as asked: there must be an insurer at least, and no more insurers than people."""

    code = "generation-impossible"


class RegistrationRefused(Refusal):
    """The register does not take this entry."""

    code = "registration-refused"


class ProfessionUnknown(RegistrationRefused):
    """There is no profession of this code."""

    code = "profession-unknown"


class ProfessionChanged(RegistrationRefused):
    """The professional is registered under another profession, which does not change."""

    code = "profession-changed"


class ProfessionalAlreadyStruckOff(RegistrationRefused):
    """The professional was struck off, which is not undone here."""

    code = "professional-already-struck-off"


class ClientIdRefused(RegistrationRefused):
    """A client_id has 3 to 100 printable ASCII characters."""

    code = "client-id-refused"


class SoftwareRevoked(RegistrationRefused):
    """The software was revoked, which is for ever: register it under another client_id."""

    code = "software-revoked"


class ProfessionalUnknown(RegistrationRefused):
    """No such professional is registered, or he was struck off before."""

    code = "professional-unknown"


class SoftwareUnknown(RegistrationRefused):
    """No such software is registered, or it was revoked before."""

    code = "software-unknown"


class ProviderUnknown(RegistrationRefused):
    """No such identity provider is believed."""

    code = "provider-unknown"


class AddressRefused(RegistrationRefused):
    """An identity provider and its keys are at HTTPS addresses, or on this machine."""

    code = "address-refused"


class SandboxOnly(Refusal):
    """What was to be started exists in a sandbox only: process and database must both say that this is one."""

    code = "sandbox-only"


class ScopeUnknown(TokenRequestRefused):
    """Rempart has no scopes: what a token opens is decided for each question."""

    code = "scope-unknown"


class TargetUnknown(TokenRequestRefused):
    """The resource asked for is not the FHIR address of this platform."""

    code = "target-unknown"


class RequestUnreadable(Refusal):
    """The request cannot be read as it should be written."""

    code = "request-unreadable"


class BodyOversize(RequestUnreadable):
    """The body is larger than any question can be."""

    code = "body-oversize"


class BodyMalformed(RequestUnreadable):
    """The body is not what this address reads."""

    code = "body-malformed"


class BodyTypeWrong(RequestUnreadable):
    """The content type is not the one that this address reads."""

    code = "body-type-wrong"


class RequestsTooMany(Refusal):
    """Too many requests came from this address: wait a little."""

    code = "requests-too-many"


class AccountClosed(AccessRefused):
    """The account was revoked, or the professional behind it was struck off."""

    code = "account-closed"


class PasskeyRefused(AccessRefused):
    """The passkey is not one of ours, or its answer does not fit the challenge: begin again."""

    code = "passkey-refused"


class PasskeysTooMany(Refusal):
    """The account has as many passkeys as it may."""

    code = "passkeys-too-many"


class InvitationUnknown(AccessRefused):
    """The invitation is wrong, was used, or has expired."""

    code = "invitation-unknown"


class NotATitulaire(AccessRefused):
    """Only a titulaire or a structure has a staff."""

    code = "not-a-titulaire"


class StaffMemberUnknown(Refusal):
    """There is no such member in this staff."""

    code = "staff-member-unknown"


class StaffNameRefused(Refusal):
    """A name has 2 to 80 characters on one line."""

    code = "staff-name-refused"


class StaffTooMany(Refusal):
    """The staff is as large as it may be."""

    code = "staff-too-many"


class Outage(RempartError):
    """A service that we need did not answer; nothing was decided and nothing was lost."""

    code = "outage"


class ProviderUnreachable(Outage):
    """The identity provider does not publish its keys just now."""

    code = "provider-unreachable"


class Bug(RempartError):
    """Something that should not happen did; only a reference number leaves the house."""

    code = "bug"


class DatabaseOutOfRoom(Outage):
    """The disk of the database is full; what was begun was undone."""

    code = "database-out-of-room"


class LoadUnderWay(Outage):
    """Another member file is being loaded; loads take turns."""

    code = "load-under-way"


class DatabaseUnreachable(Outage):
    """The database did not take the connection, or gave it up."""

    code = "database-unreachable"


class MigrationAltered(Bug):
    """A migration that this database has taken is not the one that this code has; `place` names it."""

    code = "migration-altered"


class DatabaseAhead(Bug):
    """The database has taken a migration that this code does not know: the code is older than the data."""

    code = "database-ahead"


class EnvironmentMismatch(Bug):
    """The database was created for another environment (production, sandbox, drill) than the one asked for."""

    code = "environment-mismatch"


class GateOverloaded(Outage):
    """More questions wait than this process can answer soon; the caller may ask again."""

    code = "overloaded"


class GateBroken(Bug):
    """The gate failed on a question; nothing was decided or recorded."""

    code = "gate-broken"


class AnswersLost(Outage):
    """The questions may have been decided and recorded, and the answers did not come; a key lets them be asked again for free."""

    code = "answers-lost"


class KeyringUnreachable(Outage):
    """The keyring did not answer in time; nothing was looked up."""

    code = "keyring-unreachable"


class KeyringThrottled(Outage):
    """A process asked the keyring for more than its role may have; see limits.KEYRING_RATES."""

    code = "keyring-throttled"


class KeyUnknown(Refusal):
    """The keyring has no key of that name: the insurer is not served here."""

    code = "key-unknown"


class KeyringForbidden(Bug):
    """A process asked the keyring for what its role may not have, or said it wrong."""

    code = "keyring-forbidden"


class SealBroken(Bug):
    """What was sealed does not open: it was altered, or it belongs to another record or insurer."""

    code = "seal-broken"


class GrantSpent(Bug):
    """A grant opened something already; each opening needs its own."""

    code = "grant-spent"


class KeysUnreadable(Bug):
    """The keys at rest do not open: another passphrase, an altered file, or a token that is not there."""

    code = "keys-unreadable"
