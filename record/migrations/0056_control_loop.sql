-- Control loops by revision, their modes and what they did, made of facts of kind
-- control_loop.

-- +goose Up
create table loop_document (
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
create unique index loop_document_key on loop_document (tenant, kind, author, author_key) where author_key <> '';
create index loop_document_of on loop_document (tenant, kind, belongs, id);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
