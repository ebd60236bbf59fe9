-- Calls of machines for help, made of facts of kind call.

-- +goose Up
create table andon_call (
    tenant     bigint  not null,
    id         text    not null,
    author     text    not null,
    author_key text    not null,
    steps      bigint  not null,
    waits      boolean not null,
    what       text    not null,
    machine    text    not null,
    path       text    not null,
    body       text    not null,
    primary key (tenant, id)
);
create unique index andon_call_key on andon_call (tenant, author, author_key) where author_key <> '';
create index andon_call_waits on andon_call (tenant, machine, id) where waits;
create index andon_call_machine on andon_call (tenant, machine, id);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
