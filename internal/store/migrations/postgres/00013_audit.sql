-- +goose Up

-- By which token an act was done.
alter table audit add column via text not null default '';
