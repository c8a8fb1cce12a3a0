-- +goose Up
create table session (
	hash blob primary key, person text not null, epoch bigint not null, created bigint not null, used bigint not null, agent text not null
);
create index session_by_person on session (person);
create table sign_in_code (hash blob primary key, person text not null, epoch bigint not null, expires bigint not null);
create table password (person text primary key, hash text not null, set_at bigint not null, failures bigint not null, failed_at bigint not null);
