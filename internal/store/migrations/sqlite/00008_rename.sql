-- +goose Up

-- What a person answered about groups that a target cannot rename.
create table link_rename (
	target text not null, object text not null, remote text not null, answer text not null, name text not null,
	who text not null, at_ms bigint not null,
	primary key (target, object, remote)
) without rowid;
