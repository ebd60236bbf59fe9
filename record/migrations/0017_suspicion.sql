-- Suspicions of machines' days as they stand, folded from their facts so that
-- those of a region can be listed.

-- +goose Up
create table machine_suspicion (
    tenant  bigint not null,
    id      text   not null,
    machine text   not null,
    day     text   not null,
    kind    text   not null,
    state   text   not null,
    other   text   not null,
    body    text   not null,
    primary key (tenant, id)
);
create index machine_suspicion_day on machine_suspicion (tenant, day, id);
create index machine_suspicion_machine on machine_suspicion (tenant, machine, day);
create index machine_name_machine on machine_name (tenant, machine, owner);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
