"""Token requests that are not granted: the software, who it speaks for, and what it asks (RFC 6749, RFC 8693)."""

from rempart.domain.errors.access import AccessRefused
from rempart.domain.errors.families import Outage, Refusal


class ClientRefused(AccessRefused):
    """The software is not registered, or its assertion is not signed by its key for us."""

    code = "client-refused"


class ClientAssertionStale(ClientRefused):
    """The assertion has expired, is not yet valid, or would live longer than five minutes."""

    code = "client-assertion-stale"


class ClientAssertionReplayed(ClientRefused):
    """The assertion was used before."""

    code = "client-assertion-replayed"


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


class ScopeUnknown(TokenRequestRefused):
    """Rempart has no scopes: what a token opens is decided for each question."""

    code = "scope-unknown"


class TargetUnknown(TokenRequestRefused):
    """The resource asked for is not the FHIR address of this platform."""

    code = "target-unknown"


class KeySetRefused(Refusal):
    """A key set holds something other than a few strong public signing keys."""

    code = "key-set-refused"


class ProviderUnreachable(Outage):
    """The identity provider does not publish its keys just now."""

    code = "provider-unreachable"
