"""Identifiers that are not what they say: a NIR, a birth date or rank, a FINESS, RPPS or AMC number, a card and its secret."""

from rempart.domain.errors.families import Refusal


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


class BirthDateAhead(IdentifierRefused):
    """The birth date lies in the future."""

    code = "birth-date-ahead"


class CareBeforeBirth(IdentifierRefused):
    """The care comes before the birth."""

    code = "care-before-birth"


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
