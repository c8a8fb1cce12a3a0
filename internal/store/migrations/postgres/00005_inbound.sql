-- +goose Up
create table resource (
	n bigint generated always as identity primary key, source text collate "C" not null, kind text collate "C" not null, id text collate "C" not null unique, object text collate "C" not null,
	handle text collate "C" not null, external text collate "C" not null, name text collate "C" not null, doc text collate "C" not null, active boolean not null,
	version bigint not null, created bigint not null, modified bigint not null
);
create unique index resource_by_handle on resource (source, kind, handle);
create unique index resource_by_external on resource (source, kind, external) where external <> '';
create unique index resource_by_object on resource (source, object);
create index resource_by_id on resource (source, kind, id);
create index resource_by_modified on resource (source, kind, modified, id);

-- The values by which resources are found. attr is the number of source, kind and path in node.
create table resource_value (
	attr bigint not null, value text collate "C" not null, res bigint not null, elem bigint not null,
	primary key (attr, value, res, elem)
);
create index resource_value_of on resource_value (res, attr, elem, value);

-- What a token is for: "" the admin API, "scim" one source of type scim.
alter table token add column scope text collate "C" not null default '';
alter table token add column source text collate "C" not null default '';
alter table token add column profile text collate "C" not null default '';
