-- +goose Up
create table session (
	hash bytea primary key, person text collate "C" not null, epoch bigint not null, created bigint not null, used bigint not null, agent text collate "C" not null
);
create index session_by_person on session (person);
create table sign_in_code (hash bytea primary key, person text collate "C" not null, epoch bigint not null, expires bigint not null);
create table password (person text collate "C" primary key, hash text collate "C" not null, set_at bigint not null, failures bigint not null, failed_at bigint not null);
