-- Rules by revision and their firings, made of facts of kind rule.

-- +goose Up
create table rule_document (
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
create unique index rule_document_key on rule_document (tenant, kind, author, author_key) where author_key <> '';
create index rule_document_of on rule_document (tenant, kind, belongs, id);
create index rule_document_open on rule_document (tenant, kind, id) where waits;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
