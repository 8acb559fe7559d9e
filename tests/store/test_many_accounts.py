"""What is asked at each sign-in looks at the accounts of one person or place, however many others there are."""

import re

import pytest

from rempart.store.accounts import FIND_ACCOUNTS_OF_PROFESSIONAL, FIND_ACCOUNTS_OF_STRUCTURE
from tests.support.world import World

MANY = """
with places as (
    insert into access.organisations (finess, name)
    select to_char(n, 'FM800000000'), 'Pharmacie' from generate_series(1, 2000) as n returning organisation_id, finess
), people as (
    insert into access.professionals (rpps, profession_id, name)
    select to_char(n, 'FM80000000000'), 1, 'Camille Martin' from generate_series(1, 2000) as n returning professional_id, rpps
), numbered as (
    select nextval('access.accounts_account_id_seq') as id, o.organisation_id, p.professional_id
    from places as o join people as p on right(p.rpps, 8) = right(o.finess, 8)
)
insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id, display_name)
overriding system value
select n.id, 'professional', n.organisation_id, n.professional_id, 1, n.id, 'Camille Martin' from numbered as n
"""


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        (FIND_ACCOUNTS_OF_PROFESSIONAL, "professional_id"),
        (FIND_ACCOUNTS_OF_STRUCTURE, "organisation_id"),
        ("select from gate.account_state where professional_id = %s::bigint", "professional_id"),
        ("select from gate.account_state where organisation_id = %s::bigint", "organisation_id"),
    ],
)
def test_no_sign_in_reads_every_account(world: World, statement: str, column: str) -> None:
    """With four thousand accounts each exchange of a token took sixty milliseconds: who may ask was looked at for all of them."""
    with world.owner.transaction(force_rollback=True):
        world.do(MANY)
        world.do("analyze access.accounts, access.professionals, access.organisations, gate.account_state")
        plan = "\n".join(row[0] for row in world.owner.execute(f"explain {statement}", ("12",)).fetchall())
    assert re.search(rf"on account\w*( a)?  .*\n *(Recheck|Index) Cond: \({column} = ", plan), plan
