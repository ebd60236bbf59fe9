-- Golden batches, screenings of causes and experiments by revision, made of facts of
-- kinds golden_batch, cause_screening and experiment.

-- +goose Up
create table process_study (
    tenant     bigint  not null,
    kind       text    not null,
    id         text    not null,
    rev        bigint  not null,
    latest     boolean not null,
    author     text    not null,
    author_key text    not null,
    path       text    not null,
    body       text    not null,
    primary key (tenant, kind, id, rev)
);
create index process_study_latest on process_study (tenant, kind, id) where latest;
create unique index process_study_key on process_study (tenant, kind, author, author_key) where author_key <> '' and rev = 1;

-- +goose Down
select 'a record is never taken back: restore a backup instead';
