-- Alarms on their way to people, and work orders, made of facts of kind work_order.
-- Routes and plans are master data.

-- +goose Up
create table alarm_delivery (
    tenant  bigint not null,
    id      text   not null,
    route   text   not null,
    alarm   text   not null,
    path    text   not null,
    state   text   not null,
    due     bigint not null,
    tries   bigint not null,
    body    text   not null,
    primary key (tenant, id)
);
create unique index alarm_delivery_once on alarm_delivery (tenant, route, alarm);
create index alarm_delivery_due on alarm_delivery (tenant, due) where state = 'waiting';

create table work_order (
    tenant  bigint  not null,
    id      text    not null,
    number  bigint  not null,
    rev     bigint  not null,
    state   text    not null,
    pending boolean not null,
    machine text    not null,
    path    text    not null,
    alarm   text    not null,
    plan    text    not null,
    words   text    not null,
    body    text    not null,
    primary key (tenant, id)
);
create unique index work_order_number on work_order (tenant, number);
create unique index work_order_alarm on work_order (tenant, machine, alarm) where pending and alarm <> '';
create unique index work_order_plan on work_order (tenant, plan) where pending and plan <> '';

-- +goose Down
select 'a record is never taken back: restore a backup instead';
