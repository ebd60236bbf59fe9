-- Profiles and definitions of figures that templates brought to the node, as
-- they were written. A version is never changed.

-- +goose Up
create table library_file (
    tenant   bigint  not null,
    kind     text    not null,
    id       text    not null,
    version  bigint  not null,
    number   bigint  not null,
    body     text    not null,
    template text    not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, kind, id, version)
);
create unique index library_file_number on library_file (tenant, number);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
