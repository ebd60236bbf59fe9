-- Recipes by revision, downloads to machines and deviations of jobs, made of facts of
-- kind process.

-- +goose Up
create table process_document (
    tenant     bigint  not null,
    kind       text    not null,
    id         text    not null,
    rev        bigint  not null,
    author     text    not null,
    author_key text    not null,
    path       text    not null,
    belongs    text    not null,
    waits      boolean not null,
    body       text    not null,
    primary key (tenant, kind, id)
);
create unique index process_document_key on process_document (tenant, kind, author, author_key) where author_key <> '';
create index process_document_of on process_document (tenant, kind, belongs, id);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
