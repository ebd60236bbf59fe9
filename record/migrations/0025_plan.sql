-- What lists show of plans, made of facts: kinds plan, plan_part and plan_step.

-- +goose Up
create table production_plan (
    tenant bigint not null,
    id     text   not null,
    path   text   not null,
    number bigint not null,
    state  text   not null,
    made   bigint not null,
    body   text   not null,
    primary key (tenant, id)
);
create unique index production_plan_number on production_plan (tenant, path, number);
create index production_plan_made on production_plan (tenant, made, id);
create unique index production_plan_in_use on production_plan (tenant, path) where state = 'in_use';

-- +goose Down
select 'a record is never taken back: restore a backup instead';
