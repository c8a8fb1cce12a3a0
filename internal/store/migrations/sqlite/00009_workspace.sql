-- +goose Up
create table place (
	n integer primary key, kind text not null, team bigint not null, name text not null, title text not null, purpose text not null, header text not null, scheme text not null,
	open boolean not null, joinable boolean not null, managed boolean not null, created bigint not null, updated bigint not null, archived bigint not null
);
create unique index place_by_name on place (team, name);

create table place_member (
	place bigint not null, person bigint not null, roles text not null, via text not null, state text not null, since bigint not null, more text not null,
	primary key (place, person)
) without rowid;
create index place_member_by_person on place_member (person, place);

create table profile (person integer primary key, roles text not null, more text not null, hash text not null, name text not null, size bigint not null);

create table bot (
	n integer primary key, username text not null unique, owner bigint not null, title text not null, description text not null, disabled bigint not null,
	hash text not null, name text not null, size bigint not null
);

create table definition (
	kind text not null, name text not null, doc text not null, hash text not null, file text not null, size bigint not null,
	primary key (kind, name)
) without rowid;

-- root is the number of the post that began the thread, 0 for that post itself.
create table post (
	n integer primary key, id text not null unique, channel bigint not null, author bigint not null, root bigint not null, kind text not null, message text not null, props text not null,
	created bigint not null, edited bigint not null, deleted bigint not null, pinned boolean not null
);
create index post_by_time on post (channel, created, n);
create index post_by_author on post (author, n);
create index post_by_root on post (root, created, n) where root <> 0;

create table post_mark (
	post bigint not null, kind text not null, person bigint not null, name text not null, at bigint not null, unread bigint not null,
	primary key (post, kind, person, name)
) without rowid;
create index post_mark_by_person on post_mark (person, post);

create table post_file (post bigint not null, pos bigint not null, hash text not null, name text not null, size bigint not null, primary key (post, pos)) without rowid;
create index post_file_by_hash on post_file (hash);
