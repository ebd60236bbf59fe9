-- How many there are of tools and of people with a skill (facts of kind
-- plan_limit), and the files that people gave, which lie in a folder by their
-- SHA-256 (facts of kind file).

-- +goose Up
create table plan_limit (
    tenant bigint not null,
    what   text   not null,
    name   text   not null,
    rev    bigint not null,
    body   text   not null,
    primary key (tenant, what, name)
);

create table stored_file (
    tenant bigint not null,
    sha256 text   not null,
    bytes  bigint not null,
    path   text   not null,
    body   text   not null,
    primary key (tenant, sha256)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
