-- Inspection: documents by revision, made of facts of kind quality; subgroups, made of
-- facts of kind measurement and of samples, with sums of hours and days of them.

-- +goose Up
create table quality_document (
    tenant     bigint  not null,
    kind       text    not null,
    id         text    not null,
    rev        bigint  not null,
    author     text    not null,
    author_key text    not null,
    path       text    not null,
    belongs    text    not null,
    waits      boolean not null,
    body       text    not null,
    primary key (tenant, kind, id)
);
create unique index quality_document_key on quality_document (tenant, kind, author, author_key) where author_key <> '';
create index quality_document_of on quality_document (tenant, kind, belongs, id);

create table quality_subgroup (
    tenant         bigint           not null,
    characteristic text             not null,
    at             bigint           not null,
    id             text             not null,
    author         text             not null,
    author_key     text             not null,
    body           text             not null,
    primary key (tenant, characteristic, at, id)
);
create unique index quality_subgroup_key on quality_subgroup (tenant, characteristic, author, author_key) where author_key <> '';

create table quality_sum (
    tenant         bigint           not null,
    characteristic text             not null,
    days           boolean          not null,
    at             bigint           not null,
    n              bigint           not null,
    total          double precision not null,
    low            double precision not null,
    high           double precision not null,
    flagged        bigint           not null,
    primary key (tenant, characteristic, days, at)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
