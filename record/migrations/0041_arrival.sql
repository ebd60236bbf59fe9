-- Material that is expected, made of facts of kind material_arrival, and which
-- receipts are of it.

-- +goose Up
alter table material_entry add column
    arrival text not null default '';
create index material_entry_arrival on material_entry (tenant, arrival) where arrival <> '';

create table material_arrival (
    tenant     bigint  not null,
    id         text    not null,
    author     text    not null,
    author_key text    not null,
    steps      bigint  not null,
    item       text    not null,
    location   text    not null,
    path       text    not null,
    words      text    not null,
    due        bigint  not null,
    quantity   bigint  not null,
    received   bigint  not null,
    cancelled  boolean not null,
    body       text    not null,
    primary key (tenant, id)
);
create unique index material_arrival_key on material_arrival (tenant, author, author_key) where author_key <> '';
create index material_arrival_due on material_arrival (tenant, due, id);
create index material_arrival_item on material_arrival (tenant, item, due);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
