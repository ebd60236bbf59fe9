-- Certificates of conformity, made of facts of kind quality_certificate: one row a
-- certificate, with all its revisions in the body.

-- +goose Up
create table quality_certificate (
    tenant     bigint not null,
    number     text   not null,
    rev        bigint not null,
    state      text   not null,
    ord        text   not null,
    product    text   not null,
    path       text   not null,
    issued     bigint not null,
    words      text   not null,
    author     text   not null,
    author_key text   not null,
    body       text   not null,
    primary key (tenant, number)
);
create unique index quality_certificate_key on quality_certificate (tenant, author, author_key) where author_key <> '';
create index quality_certificate_ord on quality_certificate (tenant, ord);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
