-- +goose Up

-- What somebody changed at a target by hand.
create table drift (
	target text collate "C" not null, object text collate "C" not null, kind text collate "C" not null, field text collate "C" not null,
	member text collate "C" not null, other text collate "C" not null, wanted text collate "C" not null, found text collate "C" not null,
	since bigint not null, seen bigint not null,
	primary key (target, object, field, member, other)
);
