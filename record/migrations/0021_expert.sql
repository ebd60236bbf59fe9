-- Experts, who is sent where, who is stationed where and what was visited, and
-- questions for advice. A change is a new revision; those before it stay. The
-- columns beside the body are what lists are narrowed by.

-- +goose Up
create table expert (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    parent   text    not null,
    firm     text    not null,
    region   text    not null,
    sector   text    not null,
    state    text    not null,
    words    text    not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);

create table expert_dispatch (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    parent   text    not null,
    firm     text    not null,
    region   text    not null,
    sector   text    not null,
    state    text    not null,
    words    text    not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);
create index expert_dispatch_state on expert_dispatch (tenant, state, region, id) where latest;

create table expert_station (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    parent   text    not null,
    firm     text    not null,
    region   text    not null,
    sector   text    not null,
    state    text    not null,
    words    text    not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);
create index expert_station_region on expert_station (tenant, region, id) where latest;

create table expert_visit (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    parent   text    not null,
    firm     text    not null,
    region   text    not null,
    sector   text    not null,
    state    text    not null,
    words    text    not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);
create index expert_visit_station on expert_visit (tenant, parent, id) where latest;

create table advice (
    tenant   bigint  not null,
    id       text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    parent   text    not null,
    firm     text    not null,
    region   text    not null,
    sector   text    not null,
    state    text    not null,
    topic    text    not null,
    asked    text    not null,
    due      text    not null,
    words    text    not null,
    body     text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, id, rev)
);
create index advice_asked on advice (tenant, asked, id) where latest;
create index advice_state on advice (tenant, state, region, id) where latest;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
