-- +goose Up

-- What is to be told to people and programs, and how far webhooks were told of the feed.
create table outbox (
	id text collate "C" primary key, channel text collate "C" not null, kind text collate "C" not null, receiver text collate "C" not null,
	person text collate "C" not null, body text not null, state text collate "C" not null,
	created bigint not null, next_at bigint not null, attempts bigint not null, answer text not null, ended bigint not null
);
create index outbox_waiting on outbox (channel, next_at) where state = 'waiting';
create index outbox_ended on outbox (ended) where state <> 'waiting';
create index outbox_person on outbox (person, created) where person <> '';
create index outbox_receiver on outbox (receiver, created) where receiver <> '';
create table hook_cursor (hook text collate "C" primary key, rev_tx bigint not null, rev_seq bigint not null, started bigint not null);
create table hook_told (hook text collate "C" not null, object text collate "C" not null, state text collate "C" not null, primary key (hook, object));

-- Links by which people choose their first password.
create table invitation (
	hash bytea primary key, person text collate "C" not null, epoch bigint not null, created bigint not null, expires bigint not null, who text collate "C" not null
);
create index invitation_by_person on invitation (person);
