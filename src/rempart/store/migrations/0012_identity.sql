-- What opening accounts and sessions needs beside the tables of schema access.

-- A titulaire's account spends its own budget: its number is drawn first, then written twice in the same row.
grant usage on sequence access.accounts_account_id_seq to rempart_operator;

-- What expires is swept every minute.
create index challenges_by_expiry on access.challenges (expires_at);
create index used_assertions_by_expiry on access.used_assertions (expires_at);
create index invitations_of_an_account on access.invitations (account_id);

-- Whether an account may open a session: neither it nor the one whose budget it spends is revoked, and no professional behind
-- either is struck off. The gate asks the same of each question, from the state that it keeps (gate.account_state).
create function access.may_ask(p_account_id bigint) returns boolean language sql stable as $$
    select not exists (
        select from access.accounts as a
        join access.accounts as h on h.account_id in (a.account_id, a.holder_account_id)
        left join access.professionals as p on p.professional_id = h.professional_id
        where a.account_id = p_account_id and (h.revoked_at is not null or p.struck_off_at <= now())
    )
$$;
revoke all on function access.may_ask from public;
grant execute on function access.may_ask to rempart_identity;
