"""What this face refuses before anybody is asked about: a request's envelope, its FHIR form, its question.

    Refusal
    └── RequestRefused
        ├── RequestMalformed … IdempotencyKeyMalformed    the HTTP envelope
        ├── ResourceRefused                          the body is not the FHIR R4 resource that it should be; HTTP 400
        └── QuestionRefused                          it is, but what it asks cannot be asked; HTTP 422

`place` is a FHIRPath, or the name of a header. Nothing here carries what was sent.
"""

from rempart.domain.errors import Refusal


class RequestRefused(Refusal):
    """The request is not one that this face answers."""

    code = "request-refused"


class RequestMalformed(RequestRefused):
    """What came is not an HTTP/1.1 request."""

    code = "request-malformed"


class PathUnknown(RequestRefused):
    """There is nothing at this address."""

    code = "path-unknown"


class MethodNotAllowed(RequestRefused):
    """The address exists, the method does not."""

    code = "method-not-allowed"


class AnswerTypeRefused(RequestRefused):
    """The caller accepts none of the forms that we write."""

    code = "answer-type-refused"


class BodyMissing(RequestRefused):
    """There is no body."""

    code = "body-missing"


class BodyTooLarge(RequestRefused):
    """The body exceeds limits.REQUEST_BODY_MAX_BYTES."""

    code = "body-too-large"


class BodyTypeRefused(RequestRefused):
    """The body is not declared as JSON of FHIR 4.0."""

    code = "body-type-refused"


class BodyEncodingRefused(RequestRefused):
    """The body is compressed, or declared in another alphabet than UTF-8."""

    code = "body-encoding-refused"


class BodyInterrupted(RequestRefused):
    """The body did not arrive whole in time."""

    code = "body-interrupted"


class BodyNotJson(RequestRefused):
    """The body is not JSON in UTF-8."""

    code = "body-not-json"


class IdempotencyKeyMalformed(RequestRefused):
    """The Idempotency-Key is empty, too long, not printable, or comes twice."""

    code = "idempotency-key-malformed"


class ResourceRefused(RequestRefused):
    """The body is JSON, but not a FHIR R4 resource that is expected here."""

    code = "resource-refused"


class ResourceTypeUnexpected(ResourceRefused):
    """Another resource is expected here, or none is named."""

    code = "resource-type-unexpected"


class ElementMissing(ResourceRefused):
    """A required element is not there."""

    code = "element-missing"


class ElementUnknown(ResourceRefused):
    """R4 defines no such element here."""

    code = "element-unknown"


class ElementTypeWrong(ResourceRefused):
    """The element has another JSON type than R4 says."""

    code = "element-type-wrong"


class ElementFormatWrong(ResourceRefused):
    """The element has the right JSON type, not the right form."""

    code = "element-format-wrong"


class ElementCodeUnknown(ResourceRefused):
    """The code is not in the list that R4 requires."""

    code = "element-code-unknown"


class ElementEmpty(ResourceRefused):
    """The element is an empty list, object or text, or null."""

    code = "element-empty"


class ElementTwice(ResourceRefused):
    """An element that R4 lets take one type of several comes with two."""

    code = "element-twice"


class ModifierExtensionUnknown(ResourceRefused):
    """An extension that changes the meaning is not understood, so the whole is refused, as R4 asks."""

    code = "modifier-extension-unknown"


class ImplicitRulesUnknown(ResourceRefused):
    """The resource follows rules that this server does not know."""

    code = "implicit-rules-unknown"


class QuestionRefused(RequestRefused):
    """The resource is sound, but its question cannot be asked."""

    code = "question-refused"


class StatusNotActive(QuestionRefused):
    """The request is a draft, cancelled, or entered in error."""

    code = "status-not-active"


class PurposeNotServed(QuestionRefused):
    """The purpose is not to validate a right; `discovery` above all is what this platform never does."""

    code = "purpose-not-served"


class ReferenceUnresolved(QuestionRefused):
    """A reference leads to nothing in the request."""

    code = "reference-unresolved"


class PatientNotContained(QuestionRefused):
    """The patient is not in the request itself."""

    code = "patient-not-contained"


class IdentifierSystemUnknown(QuestionRefused):
    """None of the identifiers is in a system that is known here."""

    code = "identifier-system-unknown"


class NirMissing(QuestionRefused):
    """The patient has no NIR."""

    code = "nir-missing"


class NirTwice(QuestionRefused):
    """The patient has several NIRs."""

    code = "nir-twice"


class AmcNumberMissing(QuestionRefused):
    """The insurer is named otherwise than by its AMC number."""

    code = "amc-number-missing"


class BirthDateMissing(QuestionRefused):
    """The patient has no birth date."""

    code = "birth-date-missing"


class BirthDatePartial(QuestionRefused):
    """The birth date lacks its day or its month."""

    code = "birth-date-partial"


class BirthDateImpossible(QuestionRefused):
    """The birth date is not in our calendar."""

    code = "birth-date-impossible"


class BirthDateTwice(QuestionRefused):
    """The birth date is given both as a date and as text."""

    code = "birth-date-twice"


class BirthRankMissing(QuestionRefused):
    """The patient is said to be one of several born together, without a rank."""

    code = "birth-rank-missing"


class BirthRankTwice(QuestionRefused):
    """Two birth ranks are given, and they differ."""

    code = "birth-rank-twice"


class CareDatePartial(QuestionRefused):
    """The date of care lacks its day or its month."""

    code = "care-date-partial"


class CareDateImpossible(QuestionRefused):
    """The date of care is not in our calendar."""

    code = "care-date-impossible"


class CarePeriodRefused(QuestionRefused):
    """Care is asked about over a period, where one day decides."""

    code = "care-period-refused"


class CareDomainSystemUnknown(QuestionRefused):
    """The domain of care is not coded in our system."""

    code = "care-domain-system-unknown"


class CareDomainUnknown(QuestionRefused):
    """Our system has no such domain of care."""

    code = "care-domain-unknown"


class CareDomainsSeveral(QuestionRefused):
    """Several domains of care are asked about at once."""

    code = "care-domains-several"


class BreakGlassReasonUnknown(QuestionRefused):
    """The reason for asking without a card is not in the list."""

    code = "break-glass-reason-unknown"


class ExtensionValueWrong(QuestionRefused):
    """An extension of ours comes twice, or without the value that it should have."""

    code = "extension-value-wrong"
