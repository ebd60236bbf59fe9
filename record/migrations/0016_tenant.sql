-- The tenants of a node beside its own, and what each uses by day. A tenant that
-- is deleted keeps its row, so that its number is never given again.

-- +goose Up
create table tenant (
    no    bigint not null primary key,
    id    text   not null,
    code  text   not null,
    words text   not null,
    state text   not null,
    rev   bigint not null,
    body  text   not null
);
create unique index tenant_id on tenant (id);
create unique index tenant_code on tenant (code) where code <> '';

create table tenant_usage (
    tenant   bigint not null,
    day      text   not null,
    samples  bigint not null,
    bytes    bigint not null,
    requests bigint not null,
    refused  bigint not null,
    primary key (tenant, day)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
