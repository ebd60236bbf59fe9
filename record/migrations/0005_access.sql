-- What users and tokens may is a list of grants, a role and where each; what
-- they had is their first one. A role's own name and path hold no character that
-- JSON would write otherwise. Roles that the tenant made itself stand beside
-- those of the product.

-- +goose Up
alter table access_user add column
    grants text not null default '[]';
update access_user set grants = '[{"role":"' || role || '","path":"' || path || '"}]';
alter table access_token add column
    grants text not null default '[]';
update access_token set grants = '[{"role":"' || role || '","path":"' || path || '"}]';

create table access_role (
    tenant bigint not null,
    id     text   not null,
    body   text   not null,
    rev    bigint not null,
    primary key (tenant, id)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
