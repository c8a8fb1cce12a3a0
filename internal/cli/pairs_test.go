package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// P1: pairs are read from CSV as people and spreadsheets write it, and every line that cannot be read is named.
func TestReadPairs(t *testing.T) {
	for name, c := range map[string]struct {
		in        string
		want, bad []string
	}{
		"two columns":      {"ada,u-1\nbob,u-2\n", []string{"1 ada u-1", "2 bob u-2"}, nil},
		"named columns":    {"Account,Note,Person\nu-1,x,ada\n", []string{"2 ada u-1"}, nil},
		"semicolons, BOM":  {"\ufeffperson;account\r\nada;u-1\r\n\r\nbob;u-2", []string{"2 ada u-1", "4 bob u-2"}, nil},
		"quotes and space": {"\"CN=Ada, OU=Staff\", u-1\n", []string{"1 CN=Ada, OU=Staff u-1"}, nil},
		"what is missing":  {"ada,\n,u-2\nbob\ncleo,u-3\n", []string{"4 cleo u-3"}, []string{"1 the account is missing", "2 the person is missing", "3 the account is missing"}},
		"no CSV":           {"ada,u\"1\nbob,u-2\n", []string{"2 bob u-2"}, []string{"1 the line is no CSV: bare \" in non-quoted-field"}},
		"nothing":          {"", nil, nil},
	} {
		pairs, bad, err := readPairs(strings.NewReader(c.in))
		var got, gotBad []string
		for _, p := range pairs {
			got = append(got, fmt.Sprint(p.Line, " ", p.Who, " ", p.Account))
		}
		for _, f := range bad {
			gotBad = append(gotBad, fmt.Sprint(f.Line, " ", f.Problem.What))
		}
		if diff := cmp.Diff([][]string{c.want, c.bad}, [][]string{got, gotBad}); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func FuzzReadPairs(f *testing.F) {
	f.Add("person,account\nada,u-1\n")
	f.Add("\"a\nb\",c\n;;\n")
	f.Fuzz(func(t *testing.T, in string) {
		pairs, bad, _ := readPairs(strings.NewReader(in))
		for _, p := range pairs {
			if p.Line < 1 || p.Who == "" || p.Account == "" {
				t.Errorf("a pair without one of its parts: %+v", p)
			}
		}
		for _, b := range bad {
			if b.Line < 1 || b.Problem.What == "" {
				t.Errorf("a finding that says nothing: %+v", b)
			}
		}
	})
}
