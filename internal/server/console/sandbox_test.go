package console_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// uncopied is a Muster in which nobody has made a copy.
type uncopied struct{ adminapi.Service }

func (uncopied) Sandbox(context.Context, adminapi.SandboxQuery) (adminapi.Sandbox, error) {
	return adminapi.Sandbox{}, &run.Problem{Code: adminapi.NotFound, What: "there is no sandbox"}
}

func (n nothing) Sandbox(ctx context.Context, q adminapi.SandboxQuery) (adminapi.Sandbox, error) {
	return uncopied(n).Sandbox(ctx, q)
}

func (m much) Sandbox(ctx context.Context, q adminapi.SandboxQuery) (adminapi.Sandbox, error) {
	b, err := m.Service.Sandbox(ctx, q)
	b.People, b.Bytes, b.Counts, b.Changes, b.Next = 104_233, 3<<30, map[string]int{}, nil, "0.9"
	for _, what := range adminapi.SandboxChanges() {
		b.Counts[what] = 10_233
	}
	for i := range q.Limit {
		x := adminapi.SandboxChange{What: adminapi.SandboxChanges()[i%7], Kind: directory.Person, ID: directory.NewID(), Name: long(i)}
		if i%7 < 2 {
			x.Fields = []adminapi.SandboxField{{Path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Was: []string{long(i)}, Is: []string{long(i + 1), long(i + 2)}}}
		} else if i%7 > 4 {
			x.Group = "the group of " + long(i)
		}
		b.Changes = append(b.Changes, x)
	}
	for i := range 12 {
		t := b.Tokens[0]
		t.ID, t.Name, t.Revoked = long(i), long(i), i%3 == 0
		b.Tokens = append(b.Tokens, t)
	}
	return b, err
}

// I9: somebody makes the copy, gives the provider its address and a token that is shown once, sees what would have happened, copies anew and deletes it, by the
// same services as the API; whoever may only look is refused each of them.
func TestSandbox(t *testing.T) {
	orders(t, []order{
		{"sandbox", "", "make sandbox"},
		{"sandbox/reset", "", "reset sandbox"},
		{"sandbox/drop", "", "drop sandbox"},
		{"sandbox/tokens", "source=entra&person=olivia.berg&name=trial&days=7", "sandbox token for entra"},
		{"sandbox/tokens/trial1/revoke", "", "revoke sandbox token trial1"},
	})
	h := adminapitest.New(t, nil)
	g := enter(t, h, staffed{h.Service, h}, access.Owner)
	page := g.get("sandbox").body
	for _, text := range []string{"/scim/sandbox/v2</code>", "no provider reaches it", "one small group", "3 days", "3.1 MB", "1 created", "<del>Clerk</del>", "<ins>Boss</ins>", "shoeSize", "trial1/revoke"} {
		if !strings.Contains(page, text) {
			t.Errorf("the copy does not say %q", text)
		}
	}
	if page := g.get("clients/entra/setup?copy=yes&provider=entra").body; !strings.Contains(page, "/scim/sandbox/v2?aadOptscim062020</code>") || strings.Contains(page, "/scim/v2") {
		t.Error("the set-up of the copy tells the provider of the real address")
	}
	page = g.post("sandbox/tokens", "source=entra&person=olivia.berg").body
	if !strings.Contains(page, "muster_pat_sandbox1") || strings.Contains(g.get("sandbox").body, "muster_pat_sandbox1") {
		t.Error("a token is not shown, or more than once")
	}
	if res := g.post("sandbox/tokens", "source=nowhere"); res.status != http.StatusNotFound || !strings.Contains(res.body, "There is no SCIM client") {
		t.Errorf("a token for a client that is not there: %d", res.status)
	}
	if acts := h.Recorded(); slices.ContainsFunc(acts, func(e run.Event) bool { return strings.Contains(e.Object+e.Detail, "muster_pat") }) {
		t.Errorf("a token is recorded: %v", acts)
	}
	first := enter(t, h, uncopied{h.Service}, access.Owner).get("sandbox")
	if first.status != http.StatusOK || !strings.Contains(first.body, "Make the copy") || strings.Contains(first.body, "Tenant URL") {
		t.Errorf("without a copy: %d", first.status)
	}
	none := enter(t, h, nothing{h.Service}, access.Owner).get("sandbox")
	if !strings.Contains(none.body, "No source of type scim is configured") {
		t.Error("nothing says that no provider could be tried")
	}
}
