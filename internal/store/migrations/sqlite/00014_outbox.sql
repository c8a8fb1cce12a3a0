-- +goose Up

-- What is to be told to people and programs, and how far webhooks were told of the feed.
create table outbox (
	id text primary key, channel text not null, kind text not null, receiver text not null, person text not null, body text not null, state text not null,
	created bigint not null, next_at bigint not null, attempts bigint not null, answer text not null, ended bigint not null
);
create index outbox_waiting on outbox (channel, next_at) where state = 'waiting';
create index outbox_ended on outbox (ended) where state <> 'waiting';
create index outbox_person on outbox (person, created) where person <> '';
create index outbox_receiver on outbox (receiver, created) where receiver <> '';
create table hook_cursor (hook text primary key, rev_tx bigint not null, rev_seq bigint not null, started bigint not null);
create table hook_told (hook text not null, object text not null, state text not null, primary key (hook, object)) without rowid;

-- Links by which people choose their first password.
create table invitation (hash blob primary key, person text not null, epoch bigint not null, created bigint not null, expires bigint not null, who text not null);
create index invitation_by_person on invitation (person);
