package plan

// The verbs of lines about a source: what a read found and a person must decide about. Nothing of it is ever sent anywhere.
const (
	Miss   Verb = "miss"   // an entry is not there any more: it is looked up, and let go of after a second read
	Rebind Verb = "rebind" // an entry stands under a new id where another one stood: it is the same person
	Clear  Verb = "clear"  // attributes are not stated any more
	Vacate Verb = "vacate" // a group has no members any more
)
