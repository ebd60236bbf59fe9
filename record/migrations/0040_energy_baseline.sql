-- Baselines of energy by revision, made of facts of kind energy_baseline.

-- +goose Up
create table energy_baseline (
    tenant bigint  not null,
    place  text    not null,
    code   text    not null,
    rev    bigint  not null,
    latest boolean not null,
    path   text    not null,
    body   text    not null,
    primary key (tenant, place, code, rev)
);
create index energy_baseline_latest on energy_baseline (tenant, place, code) where latest;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
