"""Requests that do not show who is asking: the access token and the DPoP proof (RFC 9449)."""

from rempart.domain.errors.families import Refusal


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
