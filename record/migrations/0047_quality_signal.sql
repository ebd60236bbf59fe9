-- Signals of control charts, one row for each subgroup that broke a rule when it
-- came, and which gauge measured what: both made of subgroups. A subgroup that was
-- mistyped is withdrawn (a fact of kind measurement_withdrawn) and stays.

-- +goose Up
alter table quality_subgroup add column
    withdrawn boolean not null default false;

-- Few of millions: a table of their own is what every engine finds them by.
create table quality_withdrawn (
    tenant         bigint not null,
    characteristic text   not null,
    at             bigint not null,
    id             text   not null,
    body           text   not null,
    primary key (tenant, characteristic, at, id)
);

create table quality_signal (
    tenant         bigint not null,
    characteristic text   not null,
    at             bigint not null,
    id             text   not null,
    rules          text   not null,
    primary key (tenant, characteristic, at, id)
);

create table quality_signal_sum ( -- by days
    tenant         bigint not null,
    characteristic text   not null,
    at             bigint not null,
    rule           text   not null,
    n              bigint not null,
    primary key (tenant, characteristic, at, rule)
);

create table quality_gauge_use (
    tenant         bigint not null,
    gauge          text   not null,
    characteristic text   not null,
    primary key (tenant, gauge, characteristic)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
