-- Terms of firms by county, kept as they were folded, and since when the facts
-- of a county are others. Rows may be deleted: they are folded again.

-- +goose Up
create table target_head (
    tenant bigint not null primary key,
    seq    bigint not null
);

-- year 0: every year.
create table target_changed (
    tenant bigint not null,
    region text   not null,
    year   bigint not null,
    seq    bigint not null,
    primary key (tenant, region, year)
);

-- The row without a region says that every county was folded as of its seq.
create table target_county (
    tenant bigint not null,
    year   bigint not null,
    base   bigint not null,
    region text   not null,
    rules  text   not null,
    seq    bigint not null,
    body   text   not null,
    primary key (tenant, year, base, region)
);

-- A county's firms, and its machines' days of a month, without those of others.
create index firm_version_region on firm_version (tenant, region, firm);
create index machine_day_owner on machine_day (tenant, owner, day);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
