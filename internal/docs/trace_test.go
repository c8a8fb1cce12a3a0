package docs

import "testing"

// Every behaviour that is listed has a test that names it and a page that explains it.
func TestTraced(t *testing.T) {
	tests, err := citedByTests(root, "internal")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := citedByPages(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range behaviours {
		if len(tests[b.id]) == 0 {
			t.Errorf("no test names %s: %s", b.id, b.what)
		}
		if len(pages[b.id]) == 0 {
			t.Errorf("no page explains %s: %s", b.id, b.what)
		}
	}
}
