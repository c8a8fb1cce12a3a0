-- +goose Up

-- What was sent to one target, newest first.
create index journal_by_target on journal (target, seq);
