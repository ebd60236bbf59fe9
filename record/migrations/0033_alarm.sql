-- Limits on signals by version, findings of other rooms, and what was put aside:
-- made of facts of kinds alarm_limit, alarm_finding and alarm_mode.

-- +goose Up
create table alarm_limit (
    tenant bigint  not null,
    id     text    not null,
    rev    bigint  not null,
    latest boolean not null,
    stage  text    not null,
    node   text    not null,
    tag    bigint  not null,
    path   text    not null,
    words  text    not null,
    body   text    not null,
    primary key (tenant, id, rev)
);
create index alarm_limit_latest on alarm_limit (tenant, path, id) where latest;

create table alarm_finding (
    tenant  bigint  not null,
    id      text    not null,
    source  text    not null,
    key     text    not null,
    stands  boolean not null,
    node    text    not null,
    path    text    not null,
    began   bigint  not null,
    ended   bigint  not null,
    steps   bigint  not null,
    body    text    not null,
    primary key (tenant, id)
);
create unique index alarm_finding_stands on alarm_finding (tenant, source, key) where stands;
create index alarm_finding_ended on alarm_finding (tenant, ended);

create table alarm_mode (
    tenant bigint  not null,
    node   text    not null,
    alarm  text    not null,
    rev    bigint  not null,
    aside  boolean not null,
    path   text    not null,
    body   text    not null,
    primary key (tenant, node, alarm)
);
create index alarm_mode_aside on alarm_mode (tenant, path) where aside;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
