package demo

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/cli"
	"muster/internal/run"
)

// signIn returns the address at which a browser is signed in to the demo's console, once; "" if it cannot be had. The code stands behind "#", which browsers
// and what shows previews of links send nowhere: the page reads it and goes in by itself.
func (w *world) signIn(ctx context.Context) string {
	code, err := w.muster.CreateCode(ctx, "")
	if err != nil || w.addr == "" {
		return ""
	}
	return "http://" + w.addr + strings.Replace(code.Path, "?", "#", 1)
}

// buttons are the scenes of the demo as buttons in its console.
type buttons struct{ *world }

// Names returns the scenes in the order in which they are told about.
func (b buttons) Names() []string { return cli.Scenes }

// Play plays a scene to its end, whether or not who asked for it stays.
func (b buttons) Play(ctx context.Context, name string) (string, error) {
	var said []string
	last := b.onDemand(context.WithoutCancel(ctx), name, func(e event) {
		if e.Say != "" {
			said = append(said, e.Say)
		}
	}, scenes[name])
	if last.Error != "" {
		return "", &run.Problem{
			Code: "conflict", What: "The scene is not played yet.", Why: last.Error, Now: "Nothing was changed.", Fix: "Approve the first plan: it stands in the inbox.",
		}
	}
	if last.Step != nil && !last.Step.OK {
		return "", fmt.Errorf("scene %s: %+v", name, last.Step.Checks)
	}
	return strings.Join(said, "\n"), nil
}
