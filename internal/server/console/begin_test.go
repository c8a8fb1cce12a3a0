package console_test

import (
	"net/http"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/server/adminapi/adminapitest"
)

const firstForm = "source=ad&target=scim&name=corp&servers=ldaps://dc1.corp.example&bind=muster&people=OU%3DPeople&password=s3cret-one&target_name=wiki&set.url=https://wiki.example&set.token=s3cret-two"

// U14: what is typed is tried out, each step is told with what to do, and secrets are never told again; only owners may.
func TestTryBegin(t *testing.T) {
	h := adminapitest.New(t, nil)
	owner, admin := enter(t, h, nothing{h.Service}, access.Owner), enter(t, h, nothing{h.Service}, access.Admin)
	for _, path := range []string{"begin/check", "begin/write"} {
		if res := admin.post(path, firstForm); res.status != http.StatusForbidden || len(h.Calls()) > 0 {
			t.Errorf("%s as an admin: %d, %v", path, res.status, h.Calls())
		}
	}
	page := owner.post("begin/check", firstForm).body
	for _, want := range []string{
		"1 thing does not work yet, and nothing was written", "Use a valid token", "People: 1204", "Olivia Brandt", "install -D -m 600", `value="ldaps://dc1.corp.example"`, `value="https://wiki.example"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "s3cret") || strings.Contains(page, "begin/write") {
		t.Error("the page tells a secret, or offers to write what does not work")
	}
	page = owner.post("begin/check", "source=ldap&name=corp&servers=a&password=s3cret-one").body
	if !strings.Contains(page, "begin/write") || !strings.Contains(page, "Everything that could be tried out works") || strings.Contains(page, "s3cret") {
		t.Error("what works is not offered to be written, or a secret is told")
	}
	for _, want := range []string{`name="people" value="OU=People,DC=corp,DC=example"`, `name="canary" value="CN=muster,OU=Service,DC=corp,DC=example"`, "Groups are here", "57 groups"} {
		if !strings.Contains(page, want) {
			t.Errorf("what was found where nobody said anything is not offered: %q", want)
		}
	}
	if page := owner.post("begin?source=scim&target=slack", firstForm); page.status != http.StatusOK || !strings.Contains(page.body, "How it behaves") || !strings.Contains(page.body, `value="corp"`) || strings.Contains(page.body, "s3cret") || len(h.Calls()) != 2 {
		t.Errorf("another kind of source drops what was typed, tells a secret, or does something: %d %v", page.status, h.Calls())
	}
	if res := owner.post("begin/write", "source=ldap&name=corp"); res.status != http.StatusConflict || !strings.Contains(res.body, "The configuration is not written here") {
		t.Errorf("written beside another: %d", res.status)
	}
}
