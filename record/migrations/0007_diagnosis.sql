-- What lists show of diagnoses, made of their steps, which are facts; and the
-- files that answers name as proof, in pieces, by what they contain.

-- +goose Up
create table diagnosis (
    tenant  bigint not null,
    id      text   not null,
    rev     bigint not null,
    state   text   not null,
    firm    text   not null,
    region  text   not null,
    sector  text   not null,
    edition text   not null,
    words   text   not null,
    body    text   not null,
    primary key (tenant, id)
);
create index diagnosis_firm on diagnosis (tenant, firm, id);
create index diagnosis_peers on diagnosis (tenant, edition, sector, id);

create table diagnosis_file (
    tenant bigint not null,
    sha256 text   not null,
    part   bigint not null,
    data   text   not null,
    primary key (tenant, sha256, part)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
