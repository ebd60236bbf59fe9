-- Grows with every change of a tenant's tags: who knows them need not read a
-- hundred thousand again to see that nothing changed.

-- +goose Up
alter table tag_head add column revision bigint not null default 0;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
