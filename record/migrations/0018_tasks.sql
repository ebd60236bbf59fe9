-- Targets divided into tasks of units, divisions and years, and the register of
-- those units. A change is a new revision; those before it stay.

-- +goose Up
create table target_task (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    target   text    not null,
    region   text    not null,
    year     bigint  not null,
    unit     text    not null,
    void     boolean not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);
create index target_task_year on target_task (tenant, year, target, region, id) where latest;

create table organisation (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
