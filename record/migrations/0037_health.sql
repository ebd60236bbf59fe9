-- Measuring points of vibration by their newest revision, made of facts of kind
-- health_point, and what each window said of them, made of history's windows.

-- +goose Up
create table health_point (
    tenant  bigint  not null,
    id      text    not null,
    rev     bigint  not null,
    ended   boolean not null,
    machine text    not null,
    path    text    not null,
    body    text    not null,
    -- How the point is by its readings; '' before the first.
    condition text  not null default '',
    primary key (tenant, id)
);
create index health_point_path on health_point (tenant, path, id);
create index health_point_machine on health_point (tenant, machine, id);

create table health_reading (
    tenant bigint not null,
    point  text   not null,
    at     bigint not null,
    body   text   not null,
    primary key (tenant, point, at)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
