-- Handshakes between machines by revision, whether they run, and hand-overs, made of
-- facts of kind handshake.

-- +goose Up
create table handshake_document (
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
create unique index handshake_document_key on handshake_document (tenant, kind, author, author_key) where author_key <> '';
create index handshake_document_of on handshake_document (tenant, kind, belongs, id);
create index handshake_document_open on handshake_document (tenant, kind, id) where waits;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
