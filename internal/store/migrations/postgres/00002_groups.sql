-- +goose Up

-- How many memberships of a group are applied, kept beside link_edge: nothing counts 50,000 edges to change one.
create table link_group (
	target bigint not null, grp bigint not null, applied bigint not null,
	primary key (target, grp)
);
insert into link_group (target, grp, applied) select target, grp, count(*) from link_edge where applied group by target, grp;
