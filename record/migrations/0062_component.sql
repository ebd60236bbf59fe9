-- Components by revision, publishers of modules and what components did wrong, made of
-- facts of kind component, and what components said of windows, made of history's samples.

-- +goose Up
create table component_document (
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
create unique index component_document_key on component_document (tenant, kind, author, author_key) where author_key <> '';
create index component_document_of on component_document (tenant, kind, belongs, id);
create index component_document_open on component_document (tenant, kind, id) where waits;

create table component_run (
    tenant   bigint not null,
    revision text   not null,
    at       bigint not null,
    body     text   not null,
    primary key (tenant, revision, at)
);
create index component_run_at on component_run (tenant, at);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
