-- Seals of recorded days, their leaves, and what is not sealed yet.

-- +goose Up
create table evidence_touch (
    tenant   bigint not null,
    tag      bigint not null,
    day      bigint not null,
    recorded bigint not null,
    seq      bigint not null,
    primary key (tenant, tag, day, recorded)
);
create index evidence_touch_recorded on evidence_touch (tenant, recorded);

create table evidence_seal (
    tenant  bigint not null,
    number  bigint not null,
    node    text   not null,
    day     bigint not null,
    leaves  bigint not null,
    samples bigint not null,
    root    text   not null,
    prev    text   not null,
    through bigint not null,
    made    bigint not null,
    primary key (tenant, number)
);

create table evidence_leaf (
    tenant  bigint not null,
    number  bigint not null,
    tag     bigint not null,
    day     bigint not null,
    samples bigint not null,
    hash    text   not null,
    primary key (tenant, number, tag, day)
);
create index evidence_leaf_day on evidence_leaf (tenant, tag, day, number);

-- Samples that are deleted because their time was over.
create table evidence_expiry (
    tenant bigint not null,
    tag    bigint not null,
    before bigint not null,
    at     bigint not null,
    primary key (tenant, tag)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
