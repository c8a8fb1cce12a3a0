-- +goose Up
-- A line of a plan says in columns of its own what people choose lines by, and what somebody decided about it.
alter table line add column act text collate "C" not null default '';
alter table line add column remote text collate "C" not null default '';
alter table line add column class text collate "C" not null default '';
alter table line add column who text collate "C" not null default '';
alter table line add column reason text collate "C" not null default '';
alter table line add column decided bigint not null default 0;
alter table line add column answer text collate "C" not null default '';
update line set remote = coalesce(data::json->>'remote', ''), class = coalesce(data::json->>'class', ''), act = case data::json->>'verb'
	when 'skip' then 'skip ' || coalesce(data::json->>'code', '') else data::json->>'verb' end;
create index line_by_act on line (plan, act, seq);
create index line_by_remote on line (plan, remote) where remote <> '';

alter table plan add column reason text collate "C" not null default '';
alter table plan add column whole text collate "C" not null default '';
alter table plan add column was text collate "C" not null default '';
alter table plan add column was_rules bytea;

-- What is remembered of an account and an object besides their link.
create table link_claim (
	target text collate "C" not null, kind text collate "C" not null, remote text collate "C" not null, object text collate "C" not null,
	what text collate "C" not null, who text collate "C" not null, reason text collate "C" not null, at_ms bigint not null,
	primary key (target, kind, remote, object, what)
);
