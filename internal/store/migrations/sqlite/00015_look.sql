-- +goose Up

-- The words of people and groups, by which people look for them. The words of what is there already are written when the database is opened.
create table word (
	kind text not null, word text not null, handle text not null, object bigint not null,
	primary key (kind, word, handle, object)
) without rowid;

-- People and groups in the order in which they are looked through.
create index object_by_place on object (kind, handle, id, state);
create index object_by_state on object (kind, state, handle, id) where state <> 'active';
drop index object_by_handle;

-- How many there are of what there is a lot of: written with each change, so that nothing counts everybody.
create table tally (
	about text not null, name text not null, sort text not null, shard bigint not null, n bigint not null,
	primary key (about, name, sort, shard)
) without rowid;
insert into tally (about, name, sort, shard, n) select 'object', kind, state, 0, count(*) from object group by kind, state;
insert into tally (about, name, sort, shard, n) select 'record', source || '/' || base, status, 0, count(*) from record group by source, base, status;
insert into tally (about, name, sort, shard, n)
	select 'link', target, kind, 0, count(*) from link where active and state in ('linked', 'closing') group by target, kind;

-- Links that were written for people who were not stored.
create table stray_link (target text not null, object text not null, primary key (target, object)) without rowid;
insert into stray_link (target, object) select l.target, l.object from link l where not exists (select 1 from object o where o.id = l.object);
create index waiting_by_sort on waiting (target, wait);
create index record_absent on record (source, base, key) where status = 'absent';

-- How many lines of a plan have something in common; and the lines of a plan by whom they are about, with all that people choose them by.
create table line_tally (
	plan text not null references plan (id) on delete cascade, kind text not null, act text not null, class text not null, cause text not null,
	status text not null, n bigint not null,
	primary key (plan, kind, act, class, cause, status)
) without rowid;
insert into line_tally (plan, kind, act, class, cause, status, n)
	select plan, kind, act, class, cause, status, count(*) from line group by plan, kind, act, class, cause, status;
create index line_by_whom on line (plan, object, status, act, kind, class, cause, name, seq);
