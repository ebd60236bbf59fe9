-- What lists show of operations definitions, people, orders and job orders,
-- made of facts: kinds operations_definition, person and order.

-- +goose Up
create table operations_definition (
    tenant   bigint  not null,
    product  text    not null,
    revision bigint  not null,
    rev      bigint  not null,
    state    text    not null,
    latest   boolean not null,
    words    text    not null,
    body     text    not null,
    primary key (tenant, product, revision)
);

-- Where used: of every revision.
create table operations_material (
    tenant   bigint not null,
    item     text   not null,
    product  text   not null,
    revision bigint not null,
    primary key (tenant, item, product, revision)
);

create table production_person (
    tenant bigint not null,
    name   text   not null,
    rev    bigint not null,
    body   text   not null,
    primary key (tenant, name)
);

create table production_order (
    tenant  bigint  not null,
    id      text    not null,
    number  text    not null,
    rev     bigint  not null,
    state   text    not null,
    product text    not null,
    path    text    not null,
    due     bigint  not null,
    doubts  bigint  not null,
    words   text    not null,
    body    text    not null,
    primary key (tenant, id)
);
create unique index production_order_number on production_order (tenant, number);
create index production_order_due on production_order (tenant, due, id);

create table job_order (
    tenant    bigint  not null,
    order_id  text    not null,
    no        bigint  not null,
    ended     boolean not null,
    equipment text    not null,
    path      text    not null,
    begins    bigint  not null,
    due       bigint  not null,
    body      text    not null,
    primary key (tenant, order_id, no)
);
create index job_order_equipment on job_order (tenant, equipment, begins, order_id, no) where not ended;
create index job_order_begins on job_order (tenant, begins, order_id, no) where not ended;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
