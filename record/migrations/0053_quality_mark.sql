-- Flaws that were marked on pictures of parts, made of subgroups and nonconformances:
-- x and y are ten-thousandths of the picture's width and height, so that every engine
-- cuts it into the same cells.

-- +goose Up
create table quality_mark (
    tenant         bigint not null,
    picture        text   not null,
    at             bigint not null,
    id             text   not null,
    source         text   not null,
    code           text   not null,
    n              bigint not null,
    x              bigint not null,
    y              bigint not null,
    operation      bigint not null,
    place          text   not null,
    path           text   not null,
    characteristic text   not null,
    body           text   not null,
    primary key (tenant, picture, at, id)
);
create index quality_mark_source on quality_mark (tenant, source);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
