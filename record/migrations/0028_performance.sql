-- When orders were worked on, for figures of a time. Those entered before are
-- found by their due date.

-- +goose Up
alter table production_order add column began bigint not null default 0;
alter table production_order add column ended bigint not null default 0;
create index production_order_ended on production_order (tenant, ended, began);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
