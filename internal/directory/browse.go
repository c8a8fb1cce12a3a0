package directory

// A Look selects objects for a person to look through.
type Look struct {
	Kind  Kind
	State State  // "" = any
	Text  string // what a word of any of their values begins with, ignoring case; "" = anything
	// AfterName and After continue behind an object with this handle and ID; empty they start at the beginning.
	AfterName string
	After     ID
	Limit     int
}
