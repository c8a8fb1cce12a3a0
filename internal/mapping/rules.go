package mapping

import (
	"muster/internal/attr"
	"muster/internal/plan"
)

// A Rule computes one attribute: from an expression, or a constant.
type Rule struct {
	Expr    string      `json:"expr,omitempty"`
	Value   attr.Values `json:"value,omitempty"`
	Default attr.Values `json:"default,omitempty"` // where the expression yields '' or []
	Once    bool        `json:"once,omitempty"`    // on create only
	Need    bool        `json:"need,omitempty"`    // without a value the object waits
	// Reference, in the rules of a target, gives the account there of the person whom this attribute of the record refers to.
	Reference string `json:"reference,omitempty"`
	At        string `json:"-"` // "muster.yaml:12", for errors
}

// Rules maps attributes to the rules that compute them.
type Rules map[attr.Path]Rule

// SourceRules map the records of one source to people and groups.
type SourceRules struct {
	Name      string `json:"name"`
	People    Rules  `json:"people"`
	Groups    Rules  `json:"groups"`
	Correlate []Key  `json:"correlate,omitempty"` // in order, exact; the first match binds a record to a person once
}

// A Key is one correlation rule: the person whose attribute Person equals what Expr gives for a record.
type Key struct {
	Person attr.Path `json:"person"`
	Expr   string    `json:"expr"`
	At     string    `json:"-"`
}

// A From says which people or groups a target receives. All that is set must hold; the zero From is everybody.
type From struct {
	Source string `json:"source,omitempty"` // whose records Filter is about, and whose DN Group is; "" = any
	Group  string `json:"group,omitempty"`  // DN or name of a group, as configured
	Nested bool   `json:"nested,omitempty"` // members of groups within Group count
	Filter string `json:"filter,omitempty"` // an LDAP filter over the record
	If     string `json:"if,omitempty"`     // a CEL condition
	At     string `json:"-"`
}

// ObjectRules say which objects of one kind a target receives, how they are matched and what they look like there.
type ObjectRules struct {
	From              From         `json:"from"`
	Match             []attr.Path  `json:"match,omitempty"`
	Create            bool         `json:"create"`
	Update            bool         `json:"update"`
	WhenRemoved       plan.Removal `json:"when_removed"`
	ProvisionDisabled bool         `json:"provision_disabled,omitempty"`
	Attributes        Rules        `json:"attributes"`
	Merge             bool         `json:"merge,omitempty"`  // groups: add to the target's members, never remove
	Nested            bool         `json:"nested,omitempty"` // groups: members of groups within count as members
}

// TargetRules are all that decides what a target should hold. Their JSON is what is digested and approved.
type TargetRules struct {
	Name   string       `json:"name"`
	People ObjectRules  `json:"people"`
	Groups *ObjectRules `json:"groups,omitempty"` // nil = no groups
	Pilot  []string     `json:"pilot,omitempty"`  // usernames
	// PilotGroup is a group whose members a pilot serves besides; only Source, Group and Nested of it count.
	PilotGroup *From  `json:"pilot_group,omitempty"`
	Drift      string `json:"drift,omitempty"` // what is done about changes made there by hand: "" = they are undone, or Report
}

// Report is the Drift of a target where changes made by hand stay, and are told of.
const Report = "report"
