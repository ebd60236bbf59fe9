-- What regions report: a row of each report as it stands, its steps and the values
-- that were frozen. Steps and values are never changed; report is made of them.

-- +goose Up
create table report (
    tenant bigint  not null,
    id     text    not null,
    period text    not null,
    region text    not null,
    level  text    not null,
    rev    bigint  not null,
    unread boolean not null,
    body   text    not null,
    primary key (tenant, id)
);
create index report_period on report (tenant, period, level, region);
create index report_unread on report (tenant, region) where unread;

create table report_step (
    tenant   bigint not null,
    report   text   not null,
    seq      bigint not null,
    body     text   not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, report, seq)
);

create table report_value (
    tenant   bigint not null,
    report   text   not null,
    revision bigint not null,
    body     text   not null,
    recorded bigint not null,
    primary key (tenant, report, revision)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
