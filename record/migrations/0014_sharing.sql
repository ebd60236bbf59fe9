-- What a node shares with the nodes above it; every revision stays.

-- +goose Up
create table sharing_policy (
    tenant   bigint not null,
    rev      bigint not null,
    body     text   not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, rev)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
