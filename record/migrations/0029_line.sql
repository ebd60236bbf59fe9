-- Layouts of lines by revision, made of facts of kind line_layout.

-- +goose Up
create table line_layout (
    tenant bigint  not null,
    line   text    not null,
    rev    bigint  not null,
    latest boolean not null,
    path   text    not null,
    body   text    not null,
    primary key (tenant, line, rev)
);
create index line_layout_latest on line_layout (tenant, path, line) where latest;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
