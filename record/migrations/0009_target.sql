-- Registers of what was recognised, carried out or published, robots, and the
-- yearly returns of firms. A change is a new revision; those before it stay.

-- +goose Up
create table register_entry (
    tenant     bigint  not null,
    id         text    not null,
    rev        bigint  not null,
    latest     boolean not null,
    kind       text    not null,
    firm       text    not null,
    region     text    not null,
    sector     text    not null,
    level      text    not null,
    title      text    not null,
    paper      text    not null,
    serial     text    not null,
    valid_from bigint  not null,
    valid_to   bigint  not null,
    basis      text    not null,
    void       boolean not null,
    detail     text    not null,
    recorded   bigint  not null,
    who        text    not null,
    primary key (tenant, id, rev)
);
create index register_entry_kind on register_entry (tenant, kind, valid_from, id) where latest;
create index register_entry_firm on register_entry (tenant, firm) where latest;
-- Two robots of one maker have not one serial number; one entered in error
-- does not stand in the way.
create unique index register_entry_serial on register_entry (tenant, serial) where latest and not void and serial <> '';

create table firm_return (
    tenant   bigint  not null,
    firm     text    not null,
    year     bigint  not null,
    name     text    not null,
    rev      bigint  not null,
    latest   boolean not null,
    value    bigint  not null,
    basis    text    not null,
    void     boolean not null,
    recorded bigint  not null,
    who      text    not null,
    primary key (tenant, firm, year, name, rev)
);
create index firm_return_year on firm_return (tenant, year, firm, name) where latest;

-- What the policy leaves to those who carry it out: base year, counties, paths.
create table target_settings (
    tenant   bigint not null,
    rev      bigint not null,
    body     text   not null,
    recorded bigint not null,
    who      text   not null,
    primary key (tenant, rev)
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
