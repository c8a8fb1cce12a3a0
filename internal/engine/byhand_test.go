package engine_test

import (
	"testing"
	"time"

	"muster/internal/run"
)

// P6, X6: whoever left and was closed is closed again when somebody enables their account at the target by hand.
func TestLeaverEnabledByHandIsClosedAgain(t *testing.T) {
	for name, leave := range map[string]func(*world){
		"disabled": func(w *world) { w.disable(0, 1) },
		"left":     func(w *world) { w.corp.leave(who(0), "wiki") },
	} {
		t.Run(name, func(t *testing.T) {
			w := crowd(t, 3)
			leave(w)
			w.read(run.Done)
			w.follow(run.Done)
			if w.accounts()[who(0)] {
				t.Fatal("the leaver was not closed")
			}
			w.send("PATCH", "/Users/"+string(w.linkOf(who(0)).Remote), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`)
			if !w.accounts()[who(0)] {
				t.Fatal("the account was not enabled by hand")
			}
			w.now = w.now.Add(25 * time.Hour)
			w.sync(run.Done)
			if got := w.accounts(); got[who(0)] || !got[who(1)] || !got[who(2)] {
				t.Errorf("accounts: %v, want the leaver closed and the others open", got)
			}
			w.settlesWithin(1)
		})
	}
}
