-- Evaluations of firms by published standards: what lists show of rounds, made of
-- their steps, which are facts; and the list of every revision, which is never
-- changed. Benchmarks of sectors as they were published, with who was in them.

-- +goose Up
create table evaluation_round (
    tenant   bigint not null,
    id       text   not null,
    rev      bigint not null,
    state    text   not null,
    standard text   not null,
    year     bigint not null,
    revision bigint not null,
    settled  bigint not null,
    body     text   not null,
    primary key (tenant, id)
);
create index evaluation_round_standard on evaluation_round (tenant, standard, state, year, settled);

create table evaluation_score (
    tenant   bigint  not null,
    round    text    not null,
    revision bigint  not null,
    place    bigint  not null,
    firm     text    not null,
    region   text    not null,
    sector   text    not null,
    class    text    not null,
    scored   boolean not null,
    words    text    not null,
    body     text    not null,
    primary key (tenant, round, revision, place)
);
create unique index evaluation_score_firm on evaluation_score (tenant, firm, round, revision);

create table benchmark_issue (
    tenant   bigint not null,
    measure  text   not null,
    year     bigint not null,
    number   bigint not null,
    body     text   not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, measure, year, number)
);

create table benchmark_cell (
    tenant  bigint not null,
    measure text   not null,
    year    bigint not null,
    region  text   not null,
    sector  text   not null,
    body    text   not null,
    primary key (tenant, measure, year, region, sector)
);

create table benchmark_member (
    tenant  bigint not null,
    measure text   not null,
    year    bigint not null,
    number  bigint not null,
    firm    text   not null,
    body    text   not null,
    primary key (tenant, measure, year, number, firm)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
