package engine

import (
	"slices"

	"muster/internal/connector"
	"muster/internal/link"
)

// hides reports whether the target may answer of an account as if it were gone because the account is disabled: by us, or since it was made. That is no
// reason to forget it. What is ordered and not confirmed is settled by the next call.
func (w *wave) hides(l link.Link) bool {
	return w.can.DisabledGone && l.Kind == connector.User && (!l.Active || l.State == link.Closing)
}

// shown returns links without those that the target may hide.
func (w *wave) shown(links []link.Link) []link.Link { return slices.DeleteFunc(links, w.hides) }
