-- Services of OpenID Connect at which people sign in, who of them is which user,
-- and which session came by one; and the order of backbone firms by sales.

-- +goose Up
create table access_provider (
    tenant bigint not null,
    id     text   not null,
    body   text   not null,
    rev    bigint not null,
    primary key (tenant, id)
);

create table access_linking (
    tenant   bigint not null,
    issuer   text   not null,
    subject  text   not null,
    user_id  text   not null,
    provider text   not null,
    since    bigint not null,
    primary key (tenant, issuer, subject)
);

alter table access_session add column
    provider text not null default '';
alter table access_session add column
    vouched boolean not null default false;
alter table access_link add column
    provider text not null default '';

-- Backbone firms are one in fifty: a list of them is read through in its own order,
-- however much narrower it is, and no row besides. The same holds for the order of
-- changes. That gone stands in them, and is asked for, lets them lead.
drop index firm_backbone;
create index firm_backbone on firm (tenant, gone, sort_key, id, region, city, sector, division, backbone_from, backbone_to) where not gone and backbone_from <> '';
create index firm_backbone_sales on firm (tenant, gone, sales, id, region, city, sector, division, backbone_from, backbone_to) where not gone and backbone_from <> '';
create index firm_changed on firm (tenant, gone, seq, id, region, city, sector, division, backbone_from) where not gone;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
