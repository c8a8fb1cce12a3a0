-- +goose Up
-- A line of a plan says in columns of its own what people choose lines by, and what somebody decided about it.
alter table line add column act text not null default '';
alter table line add column remote text not null default '';
alter table line add column class text not null default '';
alter table line add column who text not null default '';
alter table line add column reason text not null default '';
alter table line add column decided bigint not null default 0;
alter table line add column answer text not null default '';
update line set remote = coalesce(json_extract(data, '$.remote'), ''), class = coalesce(json_extract(data, '$.class'), ''), act = case json_extract(data, '$.verb')
	when 'skip' then 'skip ' || coalesce(json_extract(data, '$.code'), '') else json_extract(data, '$.verb') end;
create index line_by_act on line (plan, act, seq);
create index line_by_remote on line (plan, remote) where remote <> '';

alter table plan add column reason text not null default '';
alter table plan add column whole text not null default '';
alter table plan add column was text not null default '';
alter table plan add column was_rules blob;

-- What is remembered of an account and an object besides their link.
create table link_claim (
	target text not null, kind text not null, remote text not null, object text not null, what text not null, who text not null,
	reason text not null, at_ms bigint not null,
	primary key (target, kind, remote, object, what)
) without rowid;
