-- +goose Up

-- The words of people and groups, by which people look for them. The words of what is there already are written when the database is opened.
create table word (
	kind text collate "C" not null, word text collate "C" not null, handle text collate "C" not null, object bigint not null,
	primary key (kind, word, handle, object)
);

-- People and groups in the order in which they are looked through.
create index object_by_place on object (kind, handle, id, state);
create index object_by_state on object (kind, state, handle, id) where state <> 'active';
drop index object_by_handle;

-- How many there are of what there is a lot of: written with each change, so that nothing counts everybody.
create table tally (
	about text collate "C" not null, name text collate "C" not null, sort text collate "C" not null, shard bigint not null, n bigint not null,
	primary key (about, name, sort, shard)
);
insert into tally (about, name, sort, shard, n) select 'object', kind, state, 0, count(*) from object group by kind, state;
insert into tally (about, name, sort, shard, n) select 'record', source || '/' || base, status, 0, count(*) from record group by source, base, status;
insert into tally (about, name, sort, shard, n)
	select 'link', target, kind, 0, count(*) from link where active and state in ('linked', 'closing') group by target, kind;

-- Links that were written for people who were not stored.
create table stray_link (target text collate "C" not null, object text collate "C" not null, primary key (target, object));
insert into stray_link (target, object) select l.target, l.object from link l where not exists (select 1 from object o where o.id = l.object);
create index waiting_by_sort on waiting (target, wait);
create index record_absent on record (source, base, key) where status = 'absent';

-- How many lines of a plan have something in common; and the lines of a plan by whom they are about, with all that people choose them by.
create table line_tally (
	plan text collate "C" not null references plan (id) on delete cascade, kind text collate "C" not null, act text collate "C" not null, class text collate "C" not null, cause text collate "C" not null,
	status text collate "C" not null, n bigint not null,
	primary key (plan, kind, act, class, cause, status)
);
insert into line_tally (plan, kind, act, class, cause, status, n)
	select plan, kind, act, class, cause, status, count(*) from line group by plan, kind, act, class, cause, status;
create index line_by_whom on line (plan, object, status, act, kind, class, cause, name, seq);
