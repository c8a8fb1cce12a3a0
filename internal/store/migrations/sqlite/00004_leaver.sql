-- +goose Up
create table stop_order (
	target text not null, object text not null, account text not null, name text not null, who text not null, reason text not null,
	at_ms bigint not null, named boolean not null, through boolean not null, state text not null, remote text not null,
	code text not null, answer text not null, attempts bigint not null, next bigint not null, confirmed bigint not null,
	primary key (target, object, account)
);
create index stop_order_due on stop_order (target, next) where state in ('open', 'reopen');

create index object_left on object (id) where kind = 'person' and state <> 'active';
create index link_closing on link (target, object) where kind = 'user' and state = 'closing';
create index link_closed on link (target, since) where kind = 'user' and state = 'closed';
create index span_out on span (target, object) where what = 'scope' and value = 'out' and upto = 0;
create index audit_by_object on audit (object, seq);
create index audit_by_who on audit (who, seq);
