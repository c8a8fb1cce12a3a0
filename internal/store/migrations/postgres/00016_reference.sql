-- +goose Up

-- What the records of people refer to: other entries of their source, by key.
create table reference (
	source text collate "C" not null, key text collate "C" not null, name text collate "C" not null, towards text collate "C" not null,
	primary key (source, key, name, towards)
);
create index reference_towards on reference (source, towards);

-- A digest of a record's references, and of whom they lead to.
alter table record add column refers text collate "C" not null default '';
