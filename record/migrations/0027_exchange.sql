-- What is exchanged with business systems. Each step of a message is a fact
-- (kind exchange); these rows are what they add up to, with the bodies, which
-- never change.

-- +goose Up
create table exchange_partner (
    tenant bigint  not null,
    id     text    not null,
    rev    bigint  not null,
    ended  boolean not null,
    at     bigint  not null,
    who    text    not null,
    body   text    not null,
    primary key (tenant, id, rev)
);

create table exchange_message (
    tenant    bigint not null,
    partner   text   not null,
    direction text   not null,
    id        text   not null,
    key       text   not null,
    kind      text   not null,
    format    text   not null,
    digest    text   not null,
    object    text   not null,
    parts     bigint not null,
    state     text   not null,
    reason    text   not null,
    tries     bigint not null,
    next_at   bigint not null,
    doubles   bigint not null,
    at        bigint not null,
    changed   bigint not null,
    words     text   not null,
    body      text   not null,
    primary key (tenant, partner, direction, id)
);
create index exchange_message_key on exchange_message (tenant, key);
create index exchange_message_state on exchange_message (tenant, partner, direction, state, key);
create index exchange_message_object on exchange_message (tenant, partner, object, key);

-- Bodies that are too large for a row, in pieces, by what they contain.
create table exchange_body (
    tenant bigint not null,
    sha256 text   not null,
    part   bigint not null,
    data   text   not null,
    primary key (tenant, sha256, part)
);

create table exchange_part (
    tenant  bigint not null,
    partner text   not null,
    message text   not null,
    no      bigint not null,
    kind    text   not null,
    object  text   not null,
    version bigint not null,
    state   text   not null,
    reason  text   not null,
    digest  text   not null,
    body    text   not null,
    primary key (tenant, partner, message, no)
);
create index exchange_part_object on exchange_part (tenant, partner, object);

-- The newest version that was applied; opened: what is made of the order is
-- still to be reported.
create table exchange_object (
    tenant  bigint  not null,
    partner text    not null,
    kind    text    not null,
    object  text    not null,
    version bigint  not null,
    digest  text    not null,
    message text    not null,
    at      bigint  not null,
    opened  boolean not null,
    body    text    not null,
    primary key (tenant, partner, kind, object)
);

create table exchange_told (
    tenant  bigint not null,
    partner text   not null,
    object  text   not null,
    job     bigint not null,
    seq     bigint not null,
    state   text   not null,
    good    bigint not null,
    scrap   bigint not null,
    rework  bigint not null,
    primary key (tenant, partner, object, job)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
