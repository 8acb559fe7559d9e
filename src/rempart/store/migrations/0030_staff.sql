-- Who enrols staff, and when nobody does. A thief at a titulaire's account would otherwise multiply himself: each member of the staff has
-- detector scores of his own. The figures are those of limits, which gives their reasons; tests/store/test_staff.py compares them.

grant insert (kind, organisation_id, profession_id, holder_account_id, display_name, enrolled_by, created_at) on access.accounts to rempart_gate;
grant execute on function access.may_ask to rempart_gate;

-- Why an account enrols nobody now, as the code of an error (domain/errors/accounts.py), and from when on it may again, where that is known;
-- neither where it may.
create function gate.refuse_enrolment(p_account_id bigint, out refusal text, out opens_at timestamptz) language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    present constant timestamptz := platform.present();
    me gate.account_state;
    is_contained boolean;
    members bigint;
begin
    select st.* into me from gate.account_state as st where st.account_id = p_account_id;
    if not found or me.holder_account_id <> me.account_id or not access.may_ask(p_account_id) then
        refusal := 'not-a-titulaire';
        return;
    end if;
    -- Of a shape, the software is not looked at: who is at the keyboard of one is at the portal too.
    select count(*) > 0 into is_contained from gate.containments as c
    where coalesce(c.released_at, 'infinity') > present
        and (c.waves_from is null or not gate.is_back(me.account_id, c.waves_from, c.released_at, present))
        and c.target = case c.scope
            when 'platform' then 0 when 'face' then 2 when 'organisation' then me.organisation_id
            when 'professional' then me.professional_id when 'profession' then me.profession_id when 'account' then me.account_id
            when 'shape' then case when c.region = coalesce(me.region, 0) then me.profession_id end
        end;
    if is_contained or exists ( -- here, or at another place of the same person
        select from gate.account_state as st
        where (st.account_id = me.account_id or st.professional_id = me.professional_id)
            and (st.standing = 2 or st.stepped_up_at is not null)
    ) then
        refusal := 'enrolment-suspended';
        return;
    end if;
    if me.reduced_until > present then
        refusal := 'enrolment-device-new';
        opens_at := me.reduced_until;
        return;
    end if;
    select count(*) into members from access.accounts as a
    where a.holder_account_id = me.account_id and a.kind = 'staff' and a.revoked_at is null;
    if members >= (case when me.professional_id is null then 2000 else 100 end) then
        refusal := 'staff-too-many';
        return;
    end if;
    select a.created_at + interval '24 hours' into opens_at -- those revoked since count, and those of his other places
    from access.accounts as a
    join gate.account_state as h on h.account_id = a.holder_account_id
    where a.kind = 'staff' and a.created_at > present - interval '24 hours'
        and (h.account_id = me.account_id or h.professional_id = me.professional_id)
    order by a.created_at desc
    offset case when me.professional_id is null then 50 else 5 end - 1 limit 1; -- a structure's; a titulaire's
    if found then
        refusal := 'enrolments-too-many';
    end if;
end $$;

-- Enrol a named member of the staff of a titulaire or a structure, at the place of that account; or say why not, and from when on.
create function gate.enrol_staff(
    p_holder_account_id bigint, p_display_name text, out account_id bigint, out refusal text, out opens_at timestamptz
) language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform from gate.account_state as st -- as the gate locks; two enrolments of one person, at two places too, follow each other
    where st.account_id = p_holder_account_id
        or st.professional_id = (select h.professional_id from gate.account_state as h where h.account_id = p_holder_account_id)
    order by st.account_id for update;
    select r.refusal, r.opens_at into refusal, opens_at from gate.refuse_enrolment(p_holder_account_id) as r;
    if refusal is not null then
        return;
    end if;
    insert into access.accounts as made (
        kind, organisation_id, profession_id, holder_account_id, display_name, enrolled_by, created_at
    )
    select 'staff', st.organisation_id, st.profession_id, st.account_id, p_display_name, st.account_id, platform.present()
    from gate.account_state as st where st.account_id = p_holder_account_id
    returning made.account_id into account_id;
end $$;

-- What the page of the staff says before anybody tries.
create function gate.enrolment_of(p_holder_account_id bigint, out refusal text, out opens_at timestamptz) language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select r.refusal, r.opens_at from gate.refuse_enrolment(p_holder_account_id) as r
$$;

-- Until when a member of a staff is new, and proves the presence of whom he asks about; null when he is not.
create function gate.new_until(p_account_id bigint) returns timestamptz language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select st.new_until from gate.account_state as st where st.account_id = p_account_id and st.new_until > platform.present()
$$;

-- The first day begins again with the only key of an account: an invitation may wait a week, and an account that is given back may be
-- in another hand.
create function gate.begin_first_day() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update gate.account_state as st set new_until = greatest(st.new_until, platform.present() + interval '24 hours')
    where st.account_id = new.account_id and st.holder_account_id <> st.account_id
        and not exists (
            select from access.passkeys as k
            where k.account_id = new.account_id and k.revoked_at is null and k.credential_id <> new.credential_id
        );
    return null;
end $$;
create trigger the_first_day_begins_with_the_first_key after insert on access.passkeys
    for each row execute function gate.begin_first_day();

alter function gate.begin_first_day owner to rempart_gate;
alter function gate.refuse_enrolment owner to rempart_gate;
alter function gate.enrol_staff owner to rempart_gate;
alter function gate.enrolment_of owner to rempart_gate;
alter function gate.new_until owner to rempart_gate;
revoke all on function gate.begin_first_day, gate.refuse_enrolment, gate.enrol_staff, gate.enrolment_of, gate.new_until from public;
grant execute on function gate.enrol_staff, gate.enrolment_of, gate.new_until to rempart_identity;
