-- +goose Up
create table place (
	n bigint primary key, kind text collate "C" not null, team bigint not null, name text collate "C" not null, title text collate "C" not null, purpose text collate "C" not null, header text collate "C" not null, scheme text collate "C" not null,
	open boolean not null, joinable boolean not null, managed boolean not null, created bigint not null, updated bigint not null, archived bigint not null
);
create unique index place_by_name on place (team, name);

create table place_member (
	place bigint not null, person bigint not null, roles text collate "C" not null, via text collate "C" not null, state text collate "C" not null, since bigint not null, more text collate "C" not null,
	primary key (place, person)
);
create index place_member_by_person on place_member (person, place);

create table profile (person bigint primary key, roles text collate "C" not null, more text collate "C" not null, hash text collate "C" not null, name text collate "C" not null, size bigint not null);

create table bot (
	n bigint primary key, username text collate "C" not null unique, owner bigint not null, title text collate "C" not null, description text collate "C" not null, disabled bigint not null,
	hash text collate "C" not null, name text collate "C" not null, size bigint not null
);

create table definition (
	kind text collate "C" not null, name text collate "C" not null, doc text collate "C" not null, hash text collate "C" not null, file text collate "C" not null, size bigint not null,
	primary key (kind, name)
);

-- root is the number of the post that began the thread, 0 for that post itself.
create table post (
	n bigint generated always as identity primary key, id text collate "C" not null unique, channel bigint not null, author bigint not null, root bigint not null, kind text collate "C" not null, message text collate "C" not null, props text collate "C" not null,
	created bigint not null, edited bigint not null, deleted bigint not null, pinned boolean not null
);
create index post_by_time on post (channel, created, n);
create index post_by_author on post (author, n);
create index post_by_root on post (root, created, n) where root <> 0;

create table post_mark (
	post bigint not null, kind text collate "C" not null, person bigint not null, name text collate "C" not null, at bigint not null, unread bigint not null,
	primary key (post, kind, person, name)
);
create index post_mark_by_person on post_mark (person, post);

create table post_file (post bigint not null, pos bigint not null, hash text collate "C" not null, name text collate "C" not null, size bigint not null, primary key (post, pos));
create index post_file_by_hash on post_file (hash);
