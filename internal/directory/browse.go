package directory

// A Look selects objects for a person to look through.
type Look struct {
	Kind  Kind
	State State  // "" = any
	Text  string // words: each is what a word of one of their values begins with, ignoring case; "" = anything
	// Account is a target at which they have an account, active or not; "" = any.
	Account string
	// Source is one that speaks for them, and Missing narrows that to those who are missing there; "" = any.
	Source  string
	Missing bool
	// Own leaves out those for whom a source speaks, other than Loaded.
	Own bool
	// AfterName and After continue behind an object with this handle and ID; empty they start at the beginning.
	AfterName string
	After     ID
	Limit     int
}
