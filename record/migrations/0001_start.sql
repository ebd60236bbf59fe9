-- Everything a node records. The dialect is what SQLite and PostgreSQL both
-- understand; instants are microseconds since 1970 in UTC; the tenant leads
-- every key. A migration that has been released is never edited: the next
-- change is the next file.

-- +goose Up
create table journal_head (
    tenant bigint not null primary key,
    seq    bigint not null
);

create table event (
    tenant     bigint  not null,
    seq        bigint  not null,
    id         text    not null,
    kind       text    not null,
    subject    text    not null,
    occurred   bigint  not null,
    recorded   bigint  not null,
    source     text    not null,
    source_seq bigint  not null,
    supersedes text    not null,
    withdrawn  boolean not null,
    payload    text    not null,
    primary key (tenant, seq)
);
create unique index event_id on event (tenant, id);
create unique index event_source on event (tenant, source, source_seq) where source_seq > 0;
create index event_occurred on event (tenant, occurred, seq);
create index event_subject on event (tenant, subject, occurred, seq);
create index event_kind on event (tenant, kind, occurred, seq);

create table reader_cursor (
    tenant bigint not null,
    reader text   not null,
    seq    bigint not null,
    primary key (tenant, reader)
);

-- Master data, one row per version: valid_from <= t < valid_to. An open end
-- is the largest bigint, so that one comparison serves open and closed rows.
create table master (
    tenant      bigint not null,
    kind        text   not null,
    id          text   not null,
    valid_from  bigint not null,
    valid_to    bigint not null,
    rev         bigint not null,
    path        text   not null,
    body        text   not null,
    recorded_at bigint not null,
    who         text   not null,
    primary key (tenant, kind, id, valid_from)
);
create index master_path on master (tenant, kind, path, valid_from);

create table tag_head (
    tenant bigint not null primary key,
    no     bigint not null
);

create table tag (
    tenant bigint not null,
    no     bigint not null,
    node   text   not null,
    name   text   not null,
    path   text   not null,
    body   text   not null,
    primary key (tenant, no)
);
create unique index tag_name on tag (tenant, node, name);

-- Which machines have figures, under which path: small, so that a scope is
-- turned into machines before the large tables are touched.
create table figure_node (
    tenant bigint not null,
    path   text   not null,
    node   text   not null,
    primary key (tenant, path, node)
);

create table figure_window (
    tenant   bigint  not null,
    node     text    not null,
    win_from bigint  not null,
    win_to   bigint  not null,
    path     text    not null,
    revision bigint  not null,
    as_of    bigint  not null,
    digest   text    not null,
    dirty    boolean not null,
    fold     text    not null,
    primary key (tenant, node, win_from)
);
create index figure_dirty on figure_window (tenant, win_from, node) where dirty;

create table figure_row (
    tenant   bigint not null,
    node     text   not null,
    win_from bigint not null,
    product  text   not null,
    win_to   bigint not null,
    path     text   not null,
    shift    text   not null,
    terms    text   not null,
    primary key (tenant, node, win_from, product)
);

create table access_user (
    tenant   bigint  not null,
    id       text    not null,
    name     text    not null,
    display  text    not null,
    role     text    not null,
    path     text    not null,
    password text    not null,
    disabled boolean not null,
    rev      bigint  not null,
    primary key (tenant, id)
);
-- A person signs in by name alone, so a name is unique on the node.
create unique index access_user_name on access_user (name);

create table access_token (
    tenant  bigint  not null,
    id      text    not null,
    name    text    not null,
    role    text    not null,
    path    text    not null,
    hash    text    not null,
    created bigint  not null,
    expires bigint  not null,
    revoked boolean not null,
    primary key (tenant, id)
);
create unique index access_token_hash on access_token (hash);

create table access_session (
    tenant  bigint not null,
    hash    text   not null,
    user_id text   not null,
    expires bigint not null,
    primary key (tenant, hash)
);
create unique index access_session_hash on access_session (hash);
create index access_session_expires on access_session (expires);

create table access_link (
    tenant  bigint not null,
    hash    text   not null,
    user_id text   not null,
    expires bigint not null,
    primary key (tenant, hash)
);
create unique index access_link_hash on access_link (hash);

create table audit (
    tenant bigint not null,
    seq    bigint not null,
    at     bigint not null,
    who    text   not null,
    action text   not null,
    object text   not null,
    was    text   not null,
    became text   not null,
    prev   text   not null,
    hash   text   not null,
    primary key (tenant, seq)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
