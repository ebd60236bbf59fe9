-- Nodes below this one, and what this one sends up.

-- +goose Up
create table link_node (
    id       text   not null primary key,
    name     text   not null,
    tenant   bigint not null,
    enrolled bigint not null,
    revoked  bigint not null
);
create unique index link_node_name on link_node (name);

create table link_code (
    hash    text   not null primary key,
    name    text   not null,
    tenant  bigint not null,
    made    bigint not null,
    expires bigint not null,
    used    bigint not null,
    made_by text   not null
);

create table link_lease (
    node     text   not null primary key,
    instance text   not null,
    session  text   not null,
    host     text   not null,
    address  text   not null,
    since    bigint not null,
    expires  bigint not null
);

-- How far a stream of a child is committed here, in link's own words.
create table link_progress (
    node    text   not null,
    stream  text   not null,
    version bigint not null,
    body    text   not null,
    primary key (node, stream)
);

-- The newest master data of each child, as it announced them.
create table link_model (
    node text   not null primary key,
    seq  bigint not null,
    body text   not null
);

-- Which child the version of a thing comes from; what is not here is our own.
create table master_origin (
    tenant bigint not null,
    kind   text   not null,
    id     text   not null,
    node   text   not null,
    primary key (tenant, kind, id)
);
create index master_origin_node on master_origin (node);

-- Our own master data as announced to the parent, numbered by change.
create table link_announced (
    tenant   bigint not null primary key,
    seq      bigint not null,
    recorded bigint not null,
    body     text   not null
);

-- Plant files sent to children, and what became of them.
create table link_settings (
    node    text   not null,
    number  bigint not null,
    made    bigint not null,
    made_by text   not null,
    plant   text   not null,
    state   text   not null,
    detail  text   not null,
    changed bigint not null,
    primary key (node, number)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
