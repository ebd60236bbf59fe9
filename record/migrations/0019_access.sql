-- Services of OpenID Connect at which people sign in, who of them is which user,
-- and which session came by one.

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

-- +goose Down
select 'a record is never taken back: restore a backup instead';
