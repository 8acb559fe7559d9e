-- What the platform is, and the roles among which its powers are split.
--
-- Login roles (rempart_fhir, rempart_portal, rempart_counter, rempart_public, rempart_identity…) are made by
-- store/database.py, because a role belongs to the whole server. The two roles below cannot log in: they own the functions
-- through which the login roles act, so that none of these ever reads a table of people.

do $$
begin
    if not exists (select from pg_roles where rolname = 'rempart_gate') then
        create role rempart_gate nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'rempart_loader') then
        create role rempart_loader nologin;
    end if;
exception when duplicate_object or unique_violation then
    null; -- two databases of one server migrated at once: the other one made them
end $$;

revoke all on schema public from public;

create table platform.environment (
    only_row boolean primary key default true check (only_row),
    name text not null check (name in ('production', 'sandbox', 'drill')),
    ahead_by interval not null default '0', -- of a drill's days, which pass faster than ours
    constraint only_a_drill_has_a_clock_of_its_own check (name = 'drill' or ahead_by = '0')
);

-- The present, for everything that is decided: ours, but in a drill.
create function platform.present() returns timestamptz language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select clock_timestamp() + e.ahead_by from platform.environment as e
$$;

-- Whether a text stands on one line and shows all that it holds: no control, no mark of direction, nothing without width. What operators
-- read and sign is made of such texts, so that no name continues the sentence that it stands in.
create function platform.is_one_line(p_text text) returns boolean language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select p_text !~ '[[:cntrl:]\u0080-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\uffff]'
$$;
grant usage on schema platform to public;
grant select on platform.environment to public;
