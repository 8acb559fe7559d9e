-- The public registers, as the operator loaded them last: professionals with their exercises (Annuaire santé, extraction in open
-- access) and places (FINESS). Nobody's word in a request is checked against anything else.
--
-- Whoever logs in reads none of these tables: the functions below belong to rempart_access, which cannot log in. As long as no
-- register was loaded, nothing is refused on its account.

do $$
begin
    if not exists (select from pg_roles where rolname = 'rempart_access') then
        create role rempart_access nologin;
    end if;
exception when duplicate_object or unique_violation then
    null; -- two databases of one server migrated at once: the other one made it
end $$;
grant usage on schema access to rempart_access;
grant select on access.professions, access.organisations, access.professionals, access.accounts to rempart_access;

create table access.register_professionals (
    rpps text primary key check (rpps ~ '^[0-9]{11}$'),
    family_name text not null,
    given_name text not null
);

-- One line an exercise; a practice without a FINESS number (a doctor's own rooms) has an empty one.
create table access.register_exercises (
    rpps text not null,
    profession_code text not null, -- of the nomenclature TRE_G15
    finess text not null check (finess ~ '^([0-9AB]{9})?$'),
    organisation text not null,
    role_code text not null,
    mode_code text not null, -- L on one's own account, S salaried, B voluntary
    primary key (rpps, profession_code, finess, organisation, role_code, mode_code)
);

create table access.register_places (
    finess text primary key check (finess ~ '^[0-9AB]{9}$'),
    name text not null,
    category_code text not null,
    department text not null,
    commune text not null
);

-- Which codes of TRE_G15 a profession of ours is exercised under. One without any (a carrier, a hospital) is not looked for.
create table access.register_professions (
    profession_code text not null,
    profession_id smallint not null references access.professions,
    primary key (profession_code, profession_id)
);
insert into access.register_professions (profession_code, profession_id)
select m.profession_code, f.profession_id
from (values
    ('10', 'doctor'), ('10', 'laboratory'), ('21', 'pharmacist'), ('21', 'laboratory'), ('26', 'audioprosthetist'),
    ('28', 'optician'), ('40', 'dentist'), ('50', 'midwife'), ('60', 'auxiliary'), ('69', 'auxiliary'), ('70', 'auxiliary'),
    ('80', 'auxiliary'), ('91', 'auxiliary'), ('92', 'auxiliary'), ('81', 'device-supplier'), ('82', 'device-supplier'),
    ('83', 'device-supplier'), ('84', 'device-supplier'), ('85', 'device-supplier')
) as m (profession_code, code)
join access.professions as f on f.code = m.code;

grant select on access.register_professionals, access.register_exercises, access.register_places, access.register_professions
    to rempart_access;

-- What the register has against a professional of one of our professions at a place: 'unknown', 'profession', 'place'; null for
-- nothing. Rooms without a FINESS number leave the place to whoever registers.
create function access.register_objects(p_rpps text, p_finess text, p_profession_id smallint) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    with exercised as (
        select e.finess
        from access.register_exercises as e
        where e.rpps = p_rpps and (
            not exists (select from access.register_professions as m where m.profession_id = p_profession_id)
            or exists (
                select from access.register_professions as m
                where m.profession_id = p_profession_id and m.profession_code = e.profession_code
            )
        )
    )
    select case
        when not exists (select from access.register_professionals) then null
        when not exists (select from access.register_professionals as r where r.rpps = p_rpps) then 'unknown'
        when not exists (select from exercised) then 'profession'
        when not exists (select from exercised as x where x.finess in (p_finess, '')) then 'place'
    end
$$;
alter function access.register_objects owner to rempart_access;
revoke all on function access.register_objects from public;
grant execute on function access.register_objects to rempart_operator;
