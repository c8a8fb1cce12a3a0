-- +goose Up
create table stop_order (
	target text collate "C" not null, object text collate "C" not null, account text collate "C" not null, name text collate "C" not null, who text collate "C" not null, reason text collate "C" not null,
	at_ms bigint not null, named boolean not null, through boolean not null, state text collate "C" not null, remote text collate "C" not null,
	code text collate "C" not null, answer text collate "C" not null, attempts bigint not null, next bigint not null, confirmed bigint not null,
	primary key (target, object, account)
);
create index stop_order_due on stop_order (target, next) where state in ('open', 'reopen');

create index object_left on object (id) where kind = 'person' and state <> 'active';
create index link_closing on link (target, object) where kind = 'user' and state = 'closing';
create index link_closed on link (target, since) where kind = 'user' and state = 'closed';
create index span_out on span (target, object) where what = 'scope' and value = 'out' and upto = 0;
create index audit_by_object on audit (object, seq);
create index audit_by_who on audit (who, seq);
