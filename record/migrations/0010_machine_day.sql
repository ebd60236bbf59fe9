-- What machines proved, a row a day, of this node's own plants and of those
-- below it, numbered as they came so that they can be sent on.

-- +goose Up
create table machine_day (
    tenant     bigint  not null,
    owner      text    not null,
    machine    text    not null,
    day        text    not null,
    nc         boolean not null,
    planned_ms bigint  not null,
    known_ms   bigint  not null,
    revision   bigint  not null,
    as_of      bigint  not null,
    digest     text    not null,
    fold       text    not null,
    suspect    text    not null,
    seq        bigint  not null,
    recorded   bigint  not null,
    primary key (tenant, owner, machine, day)
);
create unique index machine_day_seq on machine_day (tenant, seq);
create index machine_day_day on machine_day (tenant, day);
create index machine_day_machine on machine_day (tenant, machine, day);

-- Names change seldom: they are kept once a machine, not once a day.
create table machine_name (
    tenant     bigint not null,
    owner      text   not null,
    machine    text   not null,
    path       text   not null,
    name_zh    text   not null,
    name_en    text   not null,
    newest     text   not null,
    primary key (tenant, owner, machine)
);

create table machine_head (
    tenant bigint not null primary key,
    seq    bigint not null
);

create table machine_owner (
    tenant   bigint not null,
    owner    text   not null,
    name_zh  text   not null,
    name_en  text   not null,
    firm     text   not null,
    rev      bigint not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, owner)
);

-- By what a machine's day is compared with others, kept for some weeks.
create table machine_sketch (
    tenant  bigint not null,
    day     text   not null,
    owner   text   not null,
    machine text   not null,
    link    text   not null,
    shapes  text   not null,
    clocks  text   not null,
    primary key (tenant, day, owner, machine)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
