"""Columns of contact data are known by their names, however they are written; ours are not taken for one."""

import pytest

from rempart.feeds.formats.columns import columns_of, contact_word_in


@pytest.mark.parametrize(
    "name",
    [
        "email", "E-Mail", "e_mail_pro", "MAIL", "courriel", "tel", "TEL_PORTABLE", "téléphone",
        "numTelephone", "phone", "mobile", "adresse", "ADRESSE_1", "address", "homeAddress", "code_postal",
        "ville", "rue", "cp", "iban", "IBAN_RIB", "rib", "bic", "compte_bancaire", "contact", "fax", "zip",
    ],
)  # fmt: skip
def test_a_column_of_contact_data_is_known_by_its_name(name: str) -> None:
    assert contact_word_in(name) is not None


@pytest.mark.parametrize(
    "name", [*(column.name for column in columns_of("delta")), "description", "taille", "telle"]
)
def test_another_column_is_not(name: str) -> None:
    assert contact_word_in(name) is None
