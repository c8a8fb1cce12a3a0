-- +goose Up

-- What a person answered about groups that a target cannot rename.
create table link_rename (
	target text collate "C" not null, object text collate "C" not null, remote text collate "C" not null, answer text collate "C" not null,
	name text collate "C" not null, who text collate "C" not null, at_ms bigint not null,
	primary key (target, object, remote)
);
