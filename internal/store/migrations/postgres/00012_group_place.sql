-- +goose Up
create table group_place (grp bigint not null, place bigint not null, admin boolean not null, actor text collate "C" not null, since bigint not null, primary key (grp, place));
create index group_place_by_place on group_place (place, grp);
