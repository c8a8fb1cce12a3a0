package adminapi

import (
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
)

// An Unbound is an entry of a source to which nobody is bound.
type Unbound struct {
	Record
	Says string `json:"says"` // what is known of it, and what would happen, in a few sentences
}

// A Bare is an account or a group at a target that is nobody's here.
type Bare struct {
	Target string             `json:"target"`
	Kind   connector.Kind     `json:"kind"`
	Remote connector.RemoteID `json:"remote"`
	Name   string             `json:"name,omitempty"`
	Active bool               `json:"active"`
	Attrs  attr.Set           `json:"attrs,omitempty"`
	Seen   time.Time          `json:"seen,omitzero"`  // since when the target lists it so
	Past   []string           `json:"past,omitempty"` // whose it was, or is not, and who said so
	Says   string             `json:"says"`           // what is known of it, and what would happen, in a few sentences
}
