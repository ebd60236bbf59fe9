-- A business system as PostgreSQL tables: its own orders, its own ledger, kept in
-- SQL alone. It shares nothing with the exchange but the three tables that
-- docs/howto/erp-exchange.md describes.
create schema erp;
set search_path = erp;

create table zhigai_inbound (
    seq        bigserial primary key,
    message_id text not null,
    kind       text not null default 'order',
    format     text not null default 'json',
    body       text not null,
    taken      timestamptz,
    state      text,
    reason     text
);

create table zhigai_outbound (
    message_id   text primary key,
    order_number text not null,
    job          integer not null,
    seq          bigint not null,
    product      text, unit text, state text,
    good_total   bigint not null, scrap_total bigint not null, rework_total bigint not null,
    good_new     bigint not null, scrap_new bigint not null, rework_new bigint not null,
    began        timestamptz, ended timestamptz, at timestamptz,
    final        boolean not null,
    body         text
);

create table orders (
    number   text primary key,
    quantity bigint not null,
    version  bigint not null,
    state    text not null
);

-- Every message is booked once, as a line of the ledger.
create table ledger (
    message_id text primary key,
    number     text not null,
    good       bigint not null,
    scrap      bigint not null,
    booked     timestamptz not null default now()
);

create function book() returns bigint language sql as $$
    with fresh as (
        insert into erp.ledger (message_id, number, good, scrap)
        select o.message_id, o.order_number, o.good_new, o.scrap_new
        from erp.zhigai_outbound o
        where o.job = 0 and not exists (select 1 from erp.ledger l where l.message_id = o.message_id)
        returning 1)
    select count(*) from fresh
$$;

-- Two ways to the same quantity: what each message added, and what the newest
-- says. They must agree.
create view sums as
    select o.number, o.quantity, o.version, o.state,
           coalesce((select sum(good) from ledger l where l.number = o.number), 0)::bigint as good,
           coalesce((select sum(scrap) from ledger l where l.number = o.number), 0)::bigint as scrap,
           coalesce((select p.good_total from zhigai_outbound p where p.order_number = o.number and p.job = 0 order by p.seq desc limit 1), 0) as newest_good,
           coalesce((select p.scrap_total from zhigai_outbound p where p.order_number = o.number and p.job = 0 order by p.seq desc limit 1), 0) as newest_scrap
    from orders o;

create view zhigai_book as select number as order_number, quantity as ordered, good, scrap from sums;

-- What people at machines did: the truth that both books must come to.
create table tally (
    key    text primary key,
    number text not null,
    good   bigint not null,
    scrap  bigint not null,
    done   boolean not null default false
);
