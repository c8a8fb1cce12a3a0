-- +goose Up

-- What the records of people refer to: other entries of their source, by key.
create table reference (
	source text not null, key text not null, name text not null, towards text not null,
	primary key (source, key, name, towards)
) without rowid;
create index reference_towards on reference (source, towards);

-- A digest of a record's references, and of whom they lead to.
alter table record add column refers text not null default '';
