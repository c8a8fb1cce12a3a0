package scimtest

import (
	"net/http"

	"muster/internal/attr/filter"
	"muster/internal/scim"
)

// A Vendor names the service whose manners a sandbox has.
type Vendor string

// The vendors. Facts that no public text confirms are marked unverified where they are played.
const (
	Plain       Vendor = ""            // what the RFCs ask for and nothing else
	Slack       Vendor = "slack"       // v2 of the SCIM API of Slack
	Atlassian   Vendor = "atlassian"   // user provisioning of Atlassian Cloud
	Meisterplan Vendor = "meisterplan" // EU and US are alike
	AWS         Vendor = "aws"         // IAM Identity Center
)

// Vendors are all of them.
var Vendors = []Vendor{Plain, Slack, Atlassian, Meisterplan, AWS}

// A Tenant is what the vendor's tenant holds besides the users and groups that SCIM shows.
type Tenant struct {
	Names    []string // Slack: names of channels, which no user may have
	Emails   []string // Slack: addresses that an account outside of SCIM has
	Groups   []string // Atlassian: groups of the organisation, default access groups among them, which no directory may bring
	GroupMax int      // Slack: most members of a group; 0 = 5,000, those of a user group
	NoFilter bool     // Slack: lists ignore filters, as the reference of v2 says
	// Atlassian: a disabled user answers 404 and is in no list until somebody creates the userName again, as the older text says.
	DisabledGone bool
}

// ways say how a vendor's service differs from the plain one: data first, functions where data do not reach. What is not set is as in the plain one.
type ways struct {
	base        string // path below the host
	page        int    // resources per page if the client does not say
	pageMax     int
	limits      []limit
	serial      bool // a write to an object that another write is at is refused
	noETag      bool
	hideMembers bool // groups are shown without members
	cursor      bool // lists go on by cursor (RFC 9865), and startIndex does not count

	// id makes the id of a new resource of t.
	id func(t *table) string
	// refusal is the body for e.
	refusal func(t *table, e *scim.Error) any
	// filter looks at the filter of a list: it may be rewritten, refused or ignored.
	filter func(s *Server, t *table, f *filter.Filter) (ignore bool, err error)
	// receive looks at the body of a POST or PUT as it was sent.
	receive func(t *table, sent scim.Resource) error
	// operations looks at those of a PATCH as they were sent, and may rewrite them.
	operations func(t *table, ops []scim.Operation) error
	// settle makes of a resource what the vendor keeps, or refuses it. The caller holds mu.
	settle func(s *Server, e edit) error
	// members looks at a change of the members of a group. The caller holds mu.
	members func(s *Server, group *record, changes []scim.MemberChange) error
	// hidden reports whether the vendor answers as if rec were gone. The caller holds mu.
	hidden func(s *Server, rec *record) bool
	// remove takes the place of a DELETE and reports whether it did. The caller holds mu.
	remove func(s *Server, c *call, rec *record) (bool, error)
	// show makes of a copy of a resource what the vendor answers.
	show func(t *table, r scim.Resource)
	// config changes what the service says that it supports.
	config func(s *Server, c *scim.ServiceProviderConfig)
	// schemas are those that the service names instead of the plain ones.
	schemas func() []scim.Resource
}

// An edit is a resource on its way into a table.
type edit struct {
	table *table
	old   *record       // nil for a new one
	new   scim.Resource // to be changed at its top level only: what stands below may be shared
}

func waysOf(v Vendor) (ways, bool) {
	w, ok := map[Vendor]ways{Plain: {}, Slack: slack, Atlassian: atlassian, Meisterplan: meisterplan, AWS: aws}[v]
	if w.base == "" {
		w.base = Base
	}
	if w.pageMax == 0 {
		w.pageMax = 100
	}
	return w, ok
}

func conflict(detail string) error {
	return &scim.Error{Status: http.StatusConflict, Type: scim.Uniqueness, Detail: detail}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func object(v any) scim.Resource {
	switch v := v.(type) {
	case map[string]any:
		return v
	case scim.Resource:
		return v
	}
	return nil
}
