-- Who somebody works for and when he was last here; which node speaks for which
-- region, and steps of reports that two nodes took at a time: each keeps where it
-- was made.

-- +goose Up
alter table access_user add column
    organisation text not null default '';
alter table access_user add column
    seen bigint not null default 0;

create table node_region (
    tenant   bigint not null,
    node     text   not null,
    region   text   not null,
    name     text   not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, node)
);

create table report_move (
    tenant   bigint not null,
    report   text   not null,
    seq      bigint not null,
    node     text   not null,
    body     text   not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, report, seq, node)
);
insert into report_move (tenant, report, seq, node, body, recorded, who)
    select tenant, report, seq, '', body, recorded, who from report_step;
drop table report_step;
alter table report_move rename to report_step;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
