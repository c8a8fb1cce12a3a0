package scimapi

import "testing"

// What may compare a secret is looked at, in whatever spelling: nothing that the test would strike is passed over.
func TestMayCompare(t *testing.T) {
	for _, text := range []string{
		`password eq "x"`, `PassWord ne "x"`, `clientſecret eq "x"`, `pa\u017f\u017fword eq "x"`, `myToKen co "x"`, "myto\u212aen co \"x\"", "paſſword sw \"a", `userName eq "ada"`, `tokens eq "x"`,
	} {
		if got, want := strikeFilter(text), secretTest.ReplaceAllString(text, "${1}"+struck); got != want {
			t.Errorf("%q is struck to %q, want %q", text, got, want)
		}
	}
}
