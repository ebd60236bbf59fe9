-- The registry of firms. What was entered is firm_change, never changed but for
-- being taken back; firm (as it stands), firm_version (as it stood) and
-- firm_year (what is known of years) are folded from it.

-- +goose Up
create table firm_change (
    tenant     bigint  not null,
    firm       text    not null,
    rev        bigint  not null,
    valid_from bigint  not null,
    void       boolean not null,
    batch      text    not null,
    action     text    not null,
    recorded   bigint  not null,
    who        text    not null,
    body       text    not null,
    primary key (tenant, firm, rev)
);
create index firm_change_batch on firm_change (tenant, batch, firm) where batch <> '';

create table firm (
    tenant        bigint  not null,
    id            text    not null,
    seq           bigint  not null,
    rev           bigint  not null,
    gone          boolean not null,
    code          text    not null,
    sort_key      text    not null,
    name_key      text    not null,
    search        text    not null,
    spelling      text    not null,
    region        text    not null,
    city          text    not null,
    sector        text    not null,
    division      text    not null,
    size          text    not null,
    above_scale   boolean not null,
    backbone_from text    not null,
    backbone_to   text    not null,
    cluster       text    not null,
    doubt         text    not null,
    sales         bigint  not null,
    now_rev       bigint  not null,
    primary key (tenant, id)
);
create unique index firm_seq on firm (tenant, seq);
create unique index firm_code on firm (tenant, code) where not gone;
-- What lists are narrowed by stands behind the order in each index, so that rows
-- that do not fit are passed over without being read.
create index firm_name on firm (tenant, sort_key, id, region, sector) where not gone;
create index firm_sales on firm (tenant, sales, id, region, sector, backbone_from) where not gone;
create index firm_region on firm (tenant, region, sort_key, id, sector, sales) where not gone;
create index firm_city on firm (tenant, city, sort_key, id, region, sector, sales, backbone_from) where not gone;
create index firm_division on firm (tenant, division, sort_key, id, region, sector, sales, backbone_from) where not gone;
create index firm_similar on firm (tenant, region, name_key) where not gone;
create index firm_backbone on firm (tenant, sort_key, id) where not gone and backbone_from <> '';
create index firm_doubt on firm (tenant, sort_key, id) where not gone and doubt <> '';
create index firm_cluster on firm (tenant, cluster, sort_key, id) where not gone and cluster <> '';

create table firm_version (
    tenant     bigint not null,
    firm       text   not null,
    valid_from bigint not null,
    valid_to   bigint not null,
    rev        bigint not null,
    region     text   not null,
    sector     text   not null,
    doubt      text   not null,
    primary key (tenant, firm, valid_from)
);

create table firm_year (
    tenant bigint not null,
    firm   text   not null,
    year   bigint not null,
    sales  bigint not null,
    staff  bigint not null,
    primary key (tenant, firm, year)
);

create table firm_head (
    tenant bigint not null primary key,
    seq    bigint not null
);

create table firm_import (
    tenant    bigint not null,
    id        text   not null,
    file      text   not null,
    made      bigint not null,
    changed   bigint not null,
    recorded  bigint not null,
    who       text   not null,
    undone    bigint not null,
    undone_by text   not null,
    primary key (tenant, id)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
