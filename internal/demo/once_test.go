package demo

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/cli"
)

// TestOnce is the main job, end to end: the demo as `muster demo --once --json` plays it.
func TestOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Play(t.Context(), cli.DemoOptions{Data: t.TempDir(), Once: true, JSON: true, Stdout: &out, Stderr: &out}); err != nil {
		t.Errorf("the demo failed: %v", err)
	}
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if !r.OK || len(r.Failed) > 0 || r.People != 301 || r.Groups != 40 {
		t.Errorf("ok %t, %d people, %d groups, failed:\n%s", r.OK, r.People, r.Groups, strings.Join(r.Failed, "\n"))
	}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
		if len(s.Checks) < 4 {
			t.Errorf("step %s has %d checks only", s.Name, len(s.Checks))
		}
	}
	if d := cmp.Diff(append([]string{"plan", "approve"}, cli.Scenes...), names); d != "" {
		t.Error(d)
	}
	counts := func(i int, names ...string) (out []int) {
		for _, n := range names {
			out = append(out, r.Steps[i].Counts[n])
		}
		return out
	}
	if d := cmp.Diff([]int{180, 171, 90, 14, 2, 0}, counts(0, "accounts_there", "link", "create", "close", "ask", "wiki_writes")); d != "" {
		t.Errorf("plan: %s", d)
	}
	if d := cmp.Diff([]int{270, 13}, counts(1, "wiki_accounts", "wiki_groups")); d != "" {
		t.Errorf("approve: %s", d)
	}
	for i, writes := range map[int]int{5: 0, 6: 0, 7: 0} { // empty, bulk-disable, rename-ou
		if d := cmp.Diff([]int{0, writes}, counts(i, "removed", "wiki_writes")); d != "" {
			t.Errorf("%s: %s", names[i], d)
		}
	}
}

func TestOnceRefusesAFolderInUse(t *testing.T) {
	folder := t.TempDir()
	if err := Play(t.Context(), cli.DemoOptions{Data: folder, Scene: "leaver"}); err == nil || !strings.Contains(err.Error(), "no demo runs") {
		t.Errorf("a scene without a demo: %v", err)
	}
	if _, _, err := folderFor(folder); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	writeFile(t, folder+"/muster.db")
	if _, _, err := folderFor(folder); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with data: %v", err)
	}
}
