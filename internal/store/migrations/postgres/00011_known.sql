-- +goose Up

-- What a test of a tenant has shown.
alter table target add column known bytea;
