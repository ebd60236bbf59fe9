-- The ledger of a history whose samples lie in ClickHouse: what was
-- acknowledged, and how far it is there.

-- +goose Up
create table history_head (
    one     integer not null primary key check (one = 1),
    ledger  text    not null, -- names this ledger in ClickHouse
    seq     bigint  not null, -- of the last batch
    filled  bigint  not null, -- up to here ClickHouse was read back
    first   bigint  not null, -- oldest batch still here
    behind  bigint  not null, -- bytes of batches behind filled
    refills bigint  not null, -- how often filled was put back
    expiry  bigint  not null  -- how often history_expired changed
);
insert into history_head (one, ledger, seq, filled, first, behind, refills, expiry)
values (1, md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text), 0, 0, 1, 0, 0, 0);

create table history_batch (
    seq      bigint  not null primary key,
    tenant   bigint  not null,
    recorded bigint  not null,
    bytes    integer not null,
    raw      bytea   not null
);

-- When ClickHouse had been read back up to a place.
create table history_fill (
    last bigint not null primary key,
    at   bigint not null
);

create table history_mark (
    name    text   not null primary key,
    version bigint not null,
    value   bytea  not null
);

create table history_cursor (
    name text   not null primary key,
    seq  bigint not null
);

-- Samples of a tag with a time before, in batches up to seq, are deleted.
create table history_expired (
    tenant bigint  not null,
    tag    bigint  not null,
    before bigint  not null,
    seq    bigint  not null,
    purged boolean not null, -- ClickHouse was told to delete them, too
    primary key (tenant, tag, before)
);

-- From when to when ClickHouse has something of a tag; it may be less, where
-- samples were deleted.
create table history_series (
    tenant     bigint   not null,
    tag        bigint   not null,
    kind       smallint not null,
    first_time bigint   not null,
    last_time  bigint   not null,
    primary key (tenant, tag, kind)
);

-- +goose Down
select 'a ledger is never taken back: restore a backup instead';
