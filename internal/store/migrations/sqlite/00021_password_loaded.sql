-- +goose Up

-- Whether a file stated the password and nobody has set another since: only such a one may be replaced by a file.
alter table password add column loaded bigint not null default 0;
