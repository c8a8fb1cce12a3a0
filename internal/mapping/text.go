package mapping

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// latin are the letters that are not an ASCII letter with a mark, and the German umlauts, which are written with an e.
var latin = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ẞ", "SS",
	"æ", "ae", "Æ", "Ae", "œ", "oe", "Œ", "Oe", "ø", "oe", "Ø", "Oe", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ð", "d", "Ð", "D",
	"þ", "th", "Þ", "Th", "ı", "i", "ħ", "h", "Ħ", "H", "ŋ", "n", "Ŋ", "N",
)

// ascii writes s in ASCII: ä becomes ae, é becomes e, ß becomes ss. What has no ASCII form is left out.
func ascii(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(latin.Replace(norm.NFC.String(s))) {
		switch {
		case r < unicode.MaxASCII:
			b.WriteRune(r)
		case r == '‐' || r == '–' || r == '—':
			b.WriteByte('-')
		case r == '‘' || r == '’':
			b.WriteByte('\'')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// digits keeps 0 to 9 and nothing else.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
