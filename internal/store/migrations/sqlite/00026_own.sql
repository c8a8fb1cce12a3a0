-- +goose Up

-- People and groups for whom no source speaks but what was loaded, in the order in which they are looked through.
create table own (object integer primary key, kind text not null, handle text not null);
insert into node (id) select o.id from object o where not exists (select 1 from node n where n.id = o.id);
insert into own (object, kind, handle) select n.n, o.kind, o.handle from object o join node n on n.id = o.id where not exists
	(select 1 from record r where r.object <> '' and r.object = o.id and r.source <> 'load' and r.status not in ('outside', 'removed'));
create index own_by_place on own (kind, handle, object);

-- Whether other lines of the plan are about the same object; the lines of a plan in their order, with all that people choose them by; and those of objects with
-- several of them.
alter table line add column shared boolean not null default false;
update line set shared = true where exists (select 1 from line o where o.plan = line.plan and o.object = line.object and o.seq <> line.seq);
drop index line_by_whom;
create index line_by_order on line (plan, seq, name, status, act, kind, class, cause, shared);
create index line_shared on line (plan, object, status, act, kind, class, cause, name) where shared;
