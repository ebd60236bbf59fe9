-- Networks of meters by revision, made of facts of kind energy_network.

-- +goose Up
create table energy_network (
    tenant bigint  not null,
    place  text    not null,
    rev    bigint  not null,
    latest boolean not null,
    path   text    not null,
    body   text    not null,
    primary key (tenant, place, rev)
);
create index energy_network_latest on energy_network (tenant, path, place) where latest;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
