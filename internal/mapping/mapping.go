// Package mapping computes values and scope from rules: what a person or group looks like given their records, whether a target receives them, and what
// the target should hold.
//
// Rules are compiled once, when they are saved, and applied purely: no I/O, no clock. Package ingest applies source rules, package engine applies target
// rules and hands the result to package plan.
package mapping
