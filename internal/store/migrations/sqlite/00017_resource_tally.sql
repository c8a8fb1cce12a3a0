-- +goose Up

-- How many resources each client has, as what else there is a lot of.
insert into tally (about, name, sort, shard, n) select 'resource', source, kind, 0, count(*) from resource group by source, kind;
