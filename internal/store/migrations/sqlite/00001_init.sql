-- +goose Up
create table feed (one integer primary key check (one = 1), n bigint not null);
insert into feed (one, n) values (1, 0);

create table object (
	id text primary key, kind text not null, handle text not null, email text not null, attrs text not null, digest text not null,
	state text not null, cause text not null, since bigint not null, stop text not null, epoch bigint not null,
	actor text not null, hash bigint not null, rev_tx bigint not null, rev_seq bigint not null
);
create unique index object_person on object (handle) where kind = 'person' and handle <> '' and state <> 'gone';
create index object_by_handle on object (handle);
create index object_by_email on object (email) where email <> '';
create index object_by_kind on object (kind, id, state);
create index object_by_rev on object (rev_tx, rev_seq);

create table record (
	source text not null, key text not null, kind text not null, object text not null, base text not null,
	name text not null, name_fold text not null, attrs text not null, disabled boolean not null, expires bigint not null,
	expired boolean not null, status text not null, cause text not null, since bigint not null, digest text not null,
	members_hash text not null, waiting text not null, hash bigint not null,
	primary key (source, key)
);
create index record_by_object on record (object) where object <> '';
create index record_by_base on record (source, base, key, status);
create index record_by_name on record (name_fold, source);
create index record_waiting on record (source, key) where waiting <> '';
create index record_expiring on record (source, expires) where expires > 0 and not expired;

-- A node is a short number for an id, a target or another long name, in tables of which there are millions of rows.
create table node (n integer primary key, id text not null unique);

create table edge (
	grp bigint not null, member bigint not null, rev_tx bigint not null, rev_seq bigint not null, removed boolean not null,
	primary key (grp, member)
) without rowid;
create index edge_by_member on edge (member, grp) where not removed;
create index edge_by_rev on edge (rev_tx, rev_seq);
create index edge_removed on edge (rev_tx, rev_seq) where removed;

create table source_cursor (source text primary key, value text not null) without rowid;
create table anchor (owner text not null, name text not null, value text not null, primary key (owner, name)) without rowid;

create table lead (target text primary key, epoch bigint not null) without rowid;
create table target_cursor (target text primary key, rev_tx bigint not null, rev_seq bigint not null) without rowid;

create table link (
	target text not null, object text not null, kind text not null, remote text not null, state text not null,
	origin text not null, active boolean not null, applied text not null, cause text not null, since bigint not null,
	confirmed bigint not null, run text not null,
	primary key (target, object)
);
create index link_by_object on link (object);
create index link_by_remote on link (target, kind, remote);
create index link_by_state on link (target, kind, object, state, active);

create table link_edge (
	target bigint not null, grp bigint not null, member bigint not null, other text not null, wanted boolean not null,
	applied boolean not null,
	primary key (target, grp, member, other)
) without rowid;
create index link_edge_open on link_edge (target, grp, member, other) where wanted <> applied;
create index link_edge_by_member on link_edge (target, member, grp, other);

create table journal (
	seq integer primary key, id text not null unique, target text not null, object text not null, kind text not null,
	verb text not null, remote text not null, run text not null, line text not null, cause text not null,
	class text not null, effects bigint not null, absent boolean not null, was text not null, active boolean not null,
	want text not null, adds text not null, removes text not null, began bigint not null, result text not null,
	answer text not null, took bigint not null, ended bigint not null
);
create index journal_by_object on journal (object, seq);
create index journal_by_run on journal (run, seq);
create index journal_open on journal (target, seq) where result = '';
create index journal_effects on journal (target, began, class, result, effects) where effects > 0;
create index journal_by_time on journal (began);

create table span (
	target bigint not null, object bigint not null, what text not null, member bigint not null, since bigint not null,
	upto bigint not null, value text not null, cause text not null, run text not null,
	primary key (target, object, what, member, since)
) without rowid;
create index span_ended on span (upto) where upto > 0;

create table waiting (
	target text not null, object text not null, member text not null, wait text not null, code text not null,
	reason text not null, line text not null, attempts bigint not null, since bigint not null, next bigint not null,
	primary key (target, object, member)
);
create index waiting_due on waiting (target, next) where wait = 'retrying';

create table observed (
	target text not null, kind text not null, id text not null, attrs text not null, active boolean not null,
	at_ms bigint not null, hash bigint not null,
	primary key (target, kind, id)
);
create table observed_key (
	target text not null, kind text not null, path text not null, value text not null, id text not null,
	primary key (target, kind, path, value, id)
) without rowid;
create index observed_key_by_id on observed_key (target, kind, id);

create table run (
	id text primary key, kind text not null, name text not null, started bigint not null, ended bigint not null,
	outcome text not null, counts text not null, problem text not null, notes text not null
);
create index run_by_time on run (started, id);
create index run_ended on run (ended) where ended > 0;
create index run_by_name on run (name, started, id);

create table plan (
	id text primary key, target text not null, kind text not null, class text not null, status text not null,
	rules text not null, created bigint not null, decided bigint not null, who text not null, why text not null,
	people bigint not null, counts text not null, verdicts text not null, note text not null
);
create index plan_by_time on plan (created, id);
create table line (
	plan text not null references plan (id) on delete cascade, seq bigint not null, status text not null, key text not null,
	target text not null, object text not null, data text not null,
	primary key (plan, seq), unique (plan, key)
);
create index line_by_key on line (target, key);
create index line_by_object on line (target, object);

create table target (
	name text primary key, active text not null, rules blob, paused text not null, stopped text not null,
	probe bigint not null, listed bigint not null
);
create table limit_raise (
	target text not null, class text not null, upto bigint not null, until bigint not null, who text not null, reason text not null,
	primary key (target, class)
);
create table audit (
	seq integer primary key, at_ms bigint not null, who text not null, act text not null, object text not null, detail text not null
);
create index audit_by_time on audit (at_ms);

create table role_grant (
	person text not null, role text not null, who text not null, at_ms bigint not null,
	primary key (person, role)
);
create table token (
	id text primary key, person text not null, name text not null, hash blob not null, epoch bigint not null,
	created bigint not null, expires bigint not null, last_used bigint not null, revoked boolean not null
);
create index token_by_person on token (person);
