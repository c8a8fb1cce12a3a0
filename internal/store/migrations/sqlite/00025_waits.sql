-- +goose Up

-- Since when a record waits, 0 = it does not, or began to before this was kept.
alter table record add column waits integer not null default 0;
