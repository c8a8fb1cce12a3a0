-- +goose Up

-- What somebody changed at a target by hand.
create table drift (
	target text not null, object text not null, kind text not null, field text not null, member text not null, other text not null,
	wanted text not null, found text not null, since bigint not null, seen bigint not null,
	primary key (target, object, field, member, other)
) without rowid;
