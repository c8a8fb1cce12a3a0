-- +goose Up

-- What nobody takes is counted in every overview.
create index outbox_refused on outbox (channel) where state = 'refused';
