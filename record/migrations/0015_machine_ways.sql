-- By which nodes below a plant's rows come; what another one claims of the plant
-- is kept aside until somebody who may says that it is a way, too.

-- +goose Up
alter table machine_owner add column
    ways text not null default '';

create table machine_aside (
    tenant   bigint not null,
    owner    text   not null,
    node     text   not null,
    machine  text   not null,
    day      text   not null,
    body     text   not null,
    recorded bigint not null,
    primary key (tenant, owner, node, machine, day)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
