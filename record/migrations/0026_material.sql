-- What lies where and where it came from, made of facts: kinds material,
-- material_master and material_call.

-- +goose Up
create table material_item (
    tenant bigint not null,
    code   text   not null,
    rev    bigint not null,
    words  text   not null,
    body   text   not null,
    primary key (tenant, code)
);

create table material_location (
    tenant bigint not null,
    code   text   not null,
    rev    bigint not null,
    kind   text   not null,
    path   text   not null,
    body   text   not null,
    primary key (tenant, code)
);

create table material_loop (
    tenant bigint not null,
    id     text   not null,
    rev    bigint not null,
    path   text   not null,
    body   text   not null,
    primary key (tenant, id)
);

-- Every entry that was not withdrawn.
create table material_entry (
    tenant       bigint not null,
    id           text   not null,
    author       text   not null,
    author_key   text   not null,
    at           bigint not null,
    kind         text   not null,
    item         text   not null,
    lot          text   not null,
    other_lot    text   not null,
    from_place   text   not null,
    to_place     text   not null,
    order_number text   not null,
    job          bigint not null,
    quantity     bigint not null,
    party        text   not null,
    body         text   not null,
    primary key (tenant, id)
);
create unique index material_entry_key on material_entry (tenant, author, author_key) where author_key <> '';
create index material_entry_lot on material_entry (tenant, lot, id);
create index material_entry_other on material_entry (tenant, other_lot, id);
create index material_entry_item on material_entry (tenant, item, id);
create index material_entry_order on material_entry (tenant, order_number, job, kind);
create index material_entry_used on material_entry (tenant, order_number, item, kind);
create index material_entry_from on material_entry (tenant, from_place, id);
create index material_entry_to on material_entry (tenant, to_place, id);

create table material_leg (
    tenant   bigint  not null,
    lot      text    not null,
    location text    not null,
    at       bigint  not null,
    entry    text    not null,
    kind     text    not null,
    author   text    not null,
    counted  boolean not null,
    quantity bigint  not null,
    primary key (tenant, lot, location, at, entry)
);

create table material_bin (
    tenant   bigint not null,
    lot      text   not null,
    location text   not null,
    item     text   not null,
    path     text   not null,
    quantity bigint not null,
    doubts   bigint not null,
    body     text   not null,
    primary key (tenant, lot, location)
);
create index material_bin_item on material_bin (tenant, item, lot, location);
create index material_bin_location on material_bin (tenant, location, lot);
create index material_bin_doubt on material_bin (tenant, lot, location) where doubts > 0;

create table material_count (
    tenant   bigint not null,
    entry    text   not null,
    lot      text   not null,
    location text   not null,
    item     text   not null,
    path     text   not null,
    at       bigint not null,
    expected bigint not null,
    counted  bigint not null,
    primary key (tenant, entry)
);
create index material_count_at on material_count (tenant, at);
create index material_count_bin on material_count (tenant, lot, location);

create table material_lot (
    tenant  bigint  not null,
    id      text    not null,
    item    text    not null,
    number  text    not null,
    blocked boolean not null,
    expires text    not null,
    since   bigint  not null,
    body    text    not null,
    primary key (tenant, id)
);
create index material_lot_item on material_lot (tenant, item, since);

create table material_link (
    tenant bigint  not null,
    parent text    not null,
    child  text    not null,
    entry  text    not null,
    other  text    not null,
    by_job boolean not null,
    primary key (tenant, parent, child, entry, other)
);
create index material_link_child on material_link (tenant, child, parent);
create index material_link_entry on material_link (tenant, entry);
create index material_link_other on material_link (tenant, other);

create table material_reservation (
    tenant       bigint not null,
    order_number text   not null,
    item         text   not null,
    at           bigint not null,
    entry        text   not null,
    quantity     bigint not null,
    body         text   not null,
    primary key (tenant, order_number, item)
);
create index material_reservation_item on material_reservation (tenant, item, order_number) where quantity > 0;

create table material_call (
    tenant     bigint  not null,
    id         text    not null,
    author     text    not null,
    author_key text    not null,
    steps      bigint  not null,
    waits      boolean not null,
    path       text    not null,
    body       text    not null,
    primary key (tenant, id)
);
create unique index material_call_key on material_call (tenant, author, author_key) where author_key <> '';
create index material_call_waits on material_call (tenant, id) where waits;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
