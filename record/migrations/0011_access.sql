-- The audit is read by stretch of time and by action. Sessions tell their user
-- since when and from where they are open; those from before say nothing.

-- +goose Up
create index audit_at on audit (tenant, at);
create index audit_action on audit (tenant, action, seq);

alter table access_session add column
    opened bigint not null default 0;
alter table access_session add column
    seen bigint not null default 0;
alter table access_session add column
    address text not null default '';
alter table access_session add column
    device text not null default '';
alter table access_session add column
    means text not null default '';
create index access_session_user on access_session (tenant, user_id, seen);

-- The second factor of a user, with the secret that its codes are made of.
create table access_factor (
    tenant  bigint not null,
    user_id text   not null,
    body    text   not null,
    primary key (tenant, user_id)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
