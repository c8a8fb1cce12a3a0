-- +goose Up

-- People who are deleted for good, and how far that is. names is empty once it is done.
create table erasure (
	person text collate "C" primary key, who text collate "C" not null, heir text collate "C" not null, asked bigint not null, done bigint not null, step bigint not null, place text collate "C" not null,
	names text collate "C" not null, removed text collate "C" not null, waits text collate "C" not null, kept text collate "C" not null
);
create index erasure_open on erasure (asked) where done = 0;

-- Contents that what was removed referred to: those that nothing else refers to go.
create table erasure_file (hash text collate "C" primary key);
