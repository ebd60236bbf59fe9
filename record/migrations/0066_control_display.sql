-- Layouts of a control room's displays by revision, made of facts of kind
-- control_display.

-- +goose Up
create table display_document (
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
create unique index display_document_key on display_document (tenant, kind, author, author_key) where author_key <> '';
create index display_document_of on display_document (tenant, kind, belongs, id);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
