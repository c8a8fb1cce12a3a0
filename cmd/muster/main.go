// Command muster keeps the accounts of people in step everywhere. All it does is in package cli and in package app behind it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/demo"
)

func main() { os.Exit(run()) }

// run ends by the first interrupt gracefully, by the second at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Main(ctx, app.App{Play: demo.Play, Stage: demo.Stage}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
