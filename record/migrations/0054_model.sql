-- Studies of models and their versions by revision, made of facts of kind model, and
-- what versions at work said of windows, made of history's samples.

-- +goose Up
create table model_document (
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
create unique index model_document_key on model_document (tenant, kind, author, author_key) where author_key <> '';
create index model_document_of on model_document (tenant, kind, belongs, id);

create table model_reading (
    tenant  bigint not null,
    version text   not null,
    machine text   not null,
    at      bigint not null,
    body    text   not null,
    primary key (tenant, version, machine, at)
);
create index model_reading_at on model_reading (tenant, version, at);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
