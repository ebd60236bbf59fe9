-- Which of several processes on one database has a duty that only one may have.

-- +goose Up
create table duty (
    name    text   not null primary key,
    holder  text   not null,
    host    text   not null,
    term    bigint not null,
    expires bigint not null
);

-- +goose Down
select 'a record is never taken back: restore a backup instead';
