-- +goose Up
-- The last complete read of a source is found at once, also after a long time of failed ones.
create index run_done on run (name, kind, started, id) where outcome = 'done';
