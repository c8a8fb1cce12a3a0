-- +goose Up
create table feed (one integer primary key check (one = 1), n bigint not null);
insert into feed (one, n) values (1, 0);

create table object (
	id text collate "C" primary key, kind text collate "C" not null, handle text collate "C" not null, email text collate "C" not null, attrs text collate "C" not null, digest text collate "C" not null,
	state text collate "C" not null, cause text collate "C" not null, since bigint not null, stop text collate "C" not null, epoch bigint not null,
	actor text collate "C" not null, hash bigint not null, rev_tx bigint not null, rev_seq bigint not null
);
create unique index object_person on object (handle) where kind = 'person' and handle <> '' and state <> 'gone';
create index object_by_handle on object (handle);
create index object_by_email on object (email) where email <> '';
create index object_by_kind on object (kind, id, state);
create index object_by_rev on object (rev_tx, rev_seq);

create table record (
	source text collate "C" not null, key text collate "C" not null, kind text collate "C" not null, object text collate "C" not null, base text collate "C" not null,
	name text collate "C" not null, name_fold text collate "C" not null, attrs text collate "C" not null, disabled boolean not null, expires bigint not null,
	expired boolean not null, status text collate "C" not null, cause text collate "C" not null, since bigint not null, digest text collate "C" not null,
	members_hash text collate "C" not null, waiting text collate "C" not null, hash bigint not null,
	primary key (source, key)
);
create index record_by_object on record (object) where object <> '';
create index record_by_base on record (source, base, key, status);
create index record_by_name on record (name_fold, source);
create index record_waiting on record (source, key) where waiting <> '';
create index record_expiring on record (source, expires) where expires > 0 and not expired;

-- A node is a short number for an id, a target or another long name, in tables of which there are millions of rows.
create table node (n bigint generated always as identity primary key, id text collate "C" not null unique);

create table edge (
	grp bigint not null, member bigint not null, rev_tx bigint not null, rev_seq bigint not null, removed boolean not null,
	primary key (grp, member)
);
create index edge_by_member on edge (member, grp) where not removed;
create index edge_by_rev on edge (rev_tx, rev_seq);
create index edge_removed on edge (rev_tx, rev_seq) where removed;

create table source_cursor (source text collate "C" primary key, value text collate "C" not null);
create table anchor (owner text collate "C" not null, name text collate "C" not null, value text collate "C" not null, primary key (owner, name));

create table lead (target text collate "C" primary key, epoch bigint not null);
create table target_cursor (target text collate "C" primary key, rev_tx bigint not null, rev_seq bigint not null);

create table link (
	target text collate "C" not null, object text collate "C" not null, kind text collate "C" not null, remote text collate "C" not null, state text collate "C" not null,
	origin text collate "C" not null, active boolean not null, applied text collate "C" not null, cause text collate "C" not null, since bigint not null,
	confirmed bigint not null, run text collate "C" not null,
	primary key (target, object)
);
create index link_by_object on link (object);
create index link_by_remote on link (target, kind, remote);
create index link_by_state on link (target, kind, object, state, active);

create table link_edge (
	target bigint not null, grp bigint not null, member bigint not null, other text collate "C" not null, wanted boolean not null,
	applied boolean not null,
	primary key (target, grp, member, other)
);
create index link_edge_open on link_edge (target, grp, member, other) where wanted <> applied;
create index link_edge_by_member on link_edge (target, member, grp, other);

create table journal (
	seq bigint generated always as identity primary key, id text collate "C" not null unique, target text collate "C" not null, object text collate "C" not null, kind text collate "C" not null,
	verb text collate "C" not null, remote text collate "C" not null, run text collate "C" not null, line text collate "C" not null, cause text collate "C" not null,
	class text collate "C" not null, effects bigint not null, absent boolean not null, was text collate "C" not null, active boolean not null,
	want text collate "C" not null, adds text collate "C" not null, removes text collate "C" not null, began bigint not null, result text collate "C" not null,
	answer text collate "C" not null, took bigint not null, ended bigint not null
);
create index journal_by_object on journal (object, seq);
create index journal_by_run on journal (run, seq);
create index journal_open on journal (target, seq) where result = '';
create index journal_effects on journal (target, began, class, result, effects) where effects > 0;
create index journal_by_time on journal (began);

create table span (
	target bigint not null, object bigint not null, what text collate "C" not null, member bigint not null, since bigint not null,
	upto bigint not null, value text collate "C" not null, cause text collate "C" not null, run text collate "C" not null,
	primary key (target, object, what, member, since)
);
create index span_ended on span (upto) where upto > 0;

create table waiting (
	target text collate "C" not null, object text collate "C" not null, member text collate "C" not null, wait text collate "C" not null, code text collate "C" not null,
	reason text collate "C" not null, line text collate "C" not null, attempts bigint not null, since bigint not null, next bigint not null,
	primary key (target, object, member)
);
create index waiting_due on waiting (target, next) where wait = 'retrying';

create table observed (
	target text collate "C" not null, kind text collate "C" not null, id text collate "C" not null, attrs text collate "C" not null, active boolean not null,
	at_ms bigint not null, hash bigint not null,
	primary key (target, kind, id)
);
create table observed_key (
	target text collate "C" not null, kind text collate "C" not null, path text collate "C" not null, value text collate "C" not null, id text collate "C" not null,
	primary key (target, kind, path, value, id)
);
create index observed_key_by_id on observed_key (target, kind, id);

create table run (
	id text collate "C" primary key, kind text collate "C" not null, name text collate "C" not null, started bigint not null, ended bigint not null,
	outcome text collate "C" not null, counts text collate "C" not null, problem text collate "C" not null, notes text collate "C" not null
);
create index run_by_time on run (started, id);
create index run_ended on run (ended) where ended > 0;
create index run_by_name on run (name, started, id);

create table plan (
	id text collate "C" primary key, target text collate "C" not null, kind text collate "C" not null, class text collate "C" not null, status text collate "C" not null,
	rules text collate "C" not null, created bigint not null, decided bigint not null, who text collate "C" not null, why text collate "C" not null,
	people bigint not null, counts text collate "C" not null, verdicts text collate "C" not null, note text collate "C" not null
);
create index plan_by_time on plan (created, id);
create table line (
	plan text collate "C" not null references plan (id) on delete cascade, seq bigint not null, status text collate "C" not null, key text collate "C" not null,
	target text collate "C" not null, object text collate "C" not null, data text collate "C" not null,
	primary key (plan, seq), unique (plan, key)
);
create index line_by_key on line (target, key);
create index line_by_object on line (target, object);

create table target (
	name text collate "C" primary key, active text collate "C" not null, rules bytea, paused text collate "C" not null, stopped text collate "C" not null,
	probe bigint not null, listed bigint not null
);
create table limit_raise (
	target text collate "C" not null, class text collate "C" not null, upto bigint not null, until bigint not null, who text collate "C" not null, reason text collate "C" not null,
	primary key (target, class)
);
create table audit (
	seq bigint generated always as identity primary key, at_ms bigint not null, who text collate "C" not null, act text collate "C" not null, object text collate "C" not null, detail text collate "C" not null
);
create index audit_by_time on audit (at_ms);

create table role_grant (
	person text collate "C" not null, role text collate "C" not null, who text collate "C" not null, at_ms bigint not null,
	primary key (person, role)
);
create table token (
	id text collate "C" primary key, person text collate "C" not null, name text collate "C" not null, hash bytea not null, epoch bigint not null,
	created bigint not null, expires bigint not null, last_used bigint not null, revoked boolean not null
);
create index token_by_person on token (person);
