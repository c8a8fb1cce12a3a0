-- +goose Up

-- The plans of one target, newest first.
create index plan_by_target on plan (target, created, id);
