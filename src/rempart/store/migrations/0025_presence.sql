-- What goes on through the insurers' channels: codes and approvals asked of people, standing authorisations, notices.

-- Write down what insurers have to do. People in one order: several batches may speak of one place.
create function gate.ask_insurers(
    p_requests gate.presence_requests[], p_authorisations gate.standing_authorisations[], p_notices gate.notices[]
) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    insert into gate.presence_requests (account_id, subject, insurer_id, kind, receipt_id, asked_at, ends_at)
    select r.account_id, r.subject, r.insurer_id, r.kind, r.receipt_id, r.asked_at, r.ends_at from unnest(p_requests) as r;
    insert into gate.standing_authorisations as e
    select distinct on (a.organisation_id, a.subject) a.*
    from unnest(p_authorisations) as a
    order by a.organisation_id, a.subject, a.receipt_id desc
    on conflict on constraint standing_authorisations_pkey do update
    set (list, given_on, ends_on, account_id, receipt_id, revoked_at, revoked_by) = (
        excluded.list, excluded.given_on, excluded.ends_on, excluded.account_id, excluded.receipt_id, null, null
    );
    insert into gate.notices (kind, receipt_id, insurer_id, subject, noted_at)
    select n.kind, n.receipt_id, n.insurer_id, n.subject, n.noted_at from unnest(p_notices) as n;
end $$;
alter function gate.ask_insurers owner to rempart_gate;
revoke all on function gate.ask_insurers from public;
