// Package demo plays Muster with a sample company, with nothing to install: a directory (package ldaptest) and a service with accounts (package scimtest)
// on loopback, and between them the same application that `muster serve` runs, with the same configuration file.
//
// It plays in three ways: as a demo that runs until it is stopped, as scenes asked for from another terminal, and unattended with every scene. After each
// step an auditor compares the service with what it must hold (see ledger), so that the demo is also the end-to-end test of the main job.
//
// It reaches Muster as an administrator does, through the admin API, and decides nothing. Package cli defines the command, package app is what it starts.
package demo

import (
	"context"

	"muster/internal/cli"
)

// Play plays the demo: everything unattended, one scene in the demo that runs, or a demo that runs until ctx ends.
func Play(ctx context.Context, opts cli.DemoOptions) error {
	switch {
	case opts.Scene != "":
		return ask(ctx, opts)
	case opts.Once:
		return once(ctx, opts)
	}
	return live(ctx, opts)
}
