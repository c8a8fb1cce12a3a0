-- +goose Up

-- How the calls of each class to a target went, and what complete reads of a source saw of each search base, by time: kept is for how many seconds a row
-- stands, a minute or an hour. What took how long is counted in parts (w0 … w15) whose bounds are those of package series.
create table call_sample (
	target text not null, kept bigint not null, at_ms bigint not null, class text not null,
	calls bigint not null, throttled bigint not null, refused bigint not null, failed bigint not null, unreachable bigint not null,
	put_off bigint not null, took_us bigint not null, took_most_us bigint not null, waited_us bigint not null, waited_most_us bigint not null,
	used bigint not null, peak bigint not null, budget bigint not null, w0 bigint not null, w1 bigint not null, w2 bigint not null, w3 bigint not null,
	w4 bigint not null, w5 bigint not null, w6 bigint not null, w7 bigint not null, w8 bigint not null, w9 bigint not null, w10 bigint not null,
	w11 bigint not null, w12 bigint not null, w13 bigint not null, w14 bigint not null, w15 bigint not null,
	primary key (target, kept, at_ms, class)
) without rowid;
create index call_sample_by_age on call_sample (kept, at_ms);
create table count_sample (
	source text not null, kept bigint not null, at_ms bigint not null, base text not null, last_ms bigint not null,
	reads bigint not null, tripped bigint not null, seen bigint not null, least bigint not null, known bigint not null, floor bigint not null,
	primary key (source, kept, at_ms, base)
) without rowid;
create index count_sample_by_age on count_sample (kept, at_ms);
