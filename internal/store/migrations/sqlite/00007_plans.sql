-- +goose Up
-- Two links never hold one account. Where a repeated create once made a second one, the older keeps it, and the other is planned anew.
update link set state = 'lost', remote = '', active = false, applied = '' where remote <> '' and state <> 'lost'
	and (state = 'linked' or active or applied not in ('', '{}')) and exists (select 1 from link o where o.target = link.target and o.kind = link.kind
	and o.remote = link.remote and o.object <> link.object and o.state <> 'lost' and (o.state = 'linked' or o.active or o.applied not in ('', '{}'))
	and (o.since, o.object) < (link.since, link.object));
create unique index link_holds on link (target, kind, remote) where remote <> '' and state <> 'lost' and (state = 'linked' or active or applied not in ('', '{}'));

-- People choose lines by these too.
alter table line add column kind text not null default '';
alter table line add column cause text not null default '';
alter table line add column name text not null default '';
update line set kind = coalesce(json_extract(data, '$.kind'), ''), cause = coalesce(json_extract(data, '$.cause'), ''), name = lower(coalesce(json_extract(data, '$.name'), ''));
create index line_rejected on line (target, key) where status = 'rejected';

-- The plan whose lines did not hold any more when they were to be carried out.
alter table plan add column follows text not null default '';

-- How far a target may go, where the configuration does not say.
alter table target add column mode text not null default '';
