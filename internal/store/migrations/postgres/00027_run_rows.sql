-- +goose Up

-- What a run counted, row by row: people and groups, memberships, and entries that are nobody yet by their key. It is kept as long as the run.
create table run_row (
	run text not null, what text not null, seq bigint not null, object text not null, member text not null, entry text not null,
	primary key (run, what, seq)
);
create index run_row_by_entry on run_row (run, what, seq) where entry <> '';
