-- The audit is read by stretch of time and by action.

-- +goose Up
create index audit_at on audit (tenant, at);
create index audit_action on audit (tenant, action, seq);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
