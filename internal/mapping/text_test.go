package mapping

import "testing"

func TestASCII(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Ada": "Ada", "Müller": "Mueller", "ÄÖÜß": "AeOeUess", "Mu\u0308ller": "Mueller", "José Ñandú": "Jose Nandu", "Łukasz": "Lukasz", "Åse Bjørn": "Ase Bjoern",
		"Þór": "Thor", "Nguyễn Đức": "Nguyen Duc", "Ioannis Γ": "Ioannis ", "李": "", "O’Neill–X": "O'Neill-X", "a\u00a0b": "a b", "ﬁn": "fin", "\xff": "", "İstanbul ı": "Istanbul i",
	} {
		if got := ascii(in); got != want {
			t.Errorf("ascii(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDigits(t *testing.T) {
	for in, want := range map[string]string{"": "", "+49 (30) 1-2": "493012", "abc": "", "٣4": "4"} {
		if got := digits(in); got != want {
			t.Errorf("digits(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"username", "email", "givenName", "corp", "x"}
	for in, want := range map[string]string{"userName": "username", "emial": "email", "mail": "email", "given_name": "givenName", "crop": "corp", "department": "", "": "", "y": "", "xx": ""} {
		if got := nearest(in, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", in, got, want)
		}
	}
}
