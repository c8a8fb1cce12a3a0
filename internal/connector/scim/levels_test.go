package scim_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/connector/connectortest"
)

var update = flag.Bool("update", false, "rewrite testdata/levels.json")

// levelsFile is what the dialects have shown in the suite. The page about connectors is made from it.
const levelsFile = "testdata/levels.json"

// keepsLevels holds what a type has shown in a whole run of the suite to what is written down of it.
func keepsLevels(t *testing.T, typ string, got connectortest.Report) {
	t.Helper()
	if !got.Whole() {
		return // it failed, which was told, or only a part of it was asked for
	}
	text, err := os.ReadFile(levelsFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	known := map[string]connectortest.Report{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &known); err != nil {
			t.Fatal(err)
		}
	}
	if !*update {
		if diff := cmp.Diff(known[typ], got); diff != "" {
			t.Errorf("%s is not up to date about %s; go test . -update, and then go generate ./internal/docs, write it anew (-is +should be):\n%s", levelsFile, typ, diff)
		}
		return
	}
	known[typ] = got
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(known); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(levelsFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
