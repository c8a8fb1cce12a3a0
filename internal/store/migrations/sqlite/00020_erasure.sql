-- +goose Up

-- People who are deleted for good, and how far that is. names is empty once it is done.
create table erasure (
	person text primary key, who text not null, heir text not null, asked bigint not null, done bigint not null, step bigint not null, place text not null,
	names text not null, removed text not null, waits text not null, kept text not null
);
create index erasure_open on erasure (asked) where done = 0;

-- Contents that what was removed referred to: those that nothing else refers to go.
create table erasure_file (hash text primary key) without rowid;
