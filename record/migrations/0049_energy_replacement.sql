-- Machines that may be replaced to save energy, by revision, made of facts of kind
-- energy_replacement.

-- +goose Up
create table energy_replacement (
    tenant bigint  not null,
    place  text    not null,
    code   text    not null,
    rev    bigint  not null,
    latest boolean not null,
    path   text    not null,
    body   text    not null,
    primary key (tenant, place, code, rev)
);
create index energy_replacement_latest on energy_replacement (tenant, place, code) where latest;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
