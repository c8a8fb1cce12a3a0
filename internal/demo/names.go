package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// A name is a name as it is written and as it is spelt in ASCII, for usernames and addresses.
type name struct{ text, plain string }

// parseNames reads names separated by commas. "Jürgen=juergen" gives the plain spelling; without it, the name itself in lower case is plain.
func parseNames(list string) []name {
	var out []name
	for entry := range strings.SplitSeq(list, ",") {
		text, plain, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			plain = strings.ToLower(text)
		}
		out = append(out, name{text, plain})
	}
	return out
}

// The names of the company: invented combinations of common names from many places. Some are hard on purpose: umlauts, combining accents (E + U+0301),
// apostrophes, spaces, scripts without case, scripts that run from right to left.
var (
	givenNames = parseNames(`Anna, Ben, Chloé=chloe, Dörte=doerte, Elif, Fatima, Gustav, Hana, Ivan, Jürgen=juergen, Kaito, Lena, María José=mariajose, Nils,
		Olivia, Pedro, Quinn, Rosa, Søren=soeren, Tomás=tomas, Ursula, Viktor, Wanda, Ximena, Yusuf, Zoë=zoe, Amélie=amelie, Björn=bjoern, Cosima, Dmitri,
		Émile=emile, Freya, Gül=guel, Håkon=haakon, Inés=ines, Jan, Kwame, Łucja=lucja, Mei, Ngozi, Oğuz=oguz, Priya, Rhys, Siobhán=siobhan, Thảo=thao, Uwe`)
	familyNames = parseNames(`Andersen, Brandt, Castro, Díaz=diaz, Ekström=ekstroem, Fischer, García=garcia, Haddad, Ivanova, Jansen, Kowalski, Lindqvist,
		Müller=mueller, Novák=novak, O'Neill=o'neill, Petrov, Quispe, Rossi, Sørensen=soerensen, Tanaka, Ueda, Vogel, Weiß=weiss, Xu, Yılmaz=yilmaz,
		Zielińska=zielinska, Adeyemi, Bianchi, Çelik=celik, D'Angelo=d'angelo, Eriksen, Fernandes, Großmann=grossmann, Hoàng=hoang, Iyer, Jørgensen=joergensen,
		Karlsson, Lefèvre=lefevre, McAllister, Nguyễn=nguyen, Okafor, Park, Quiroga, Řezníček=reznicek, Schäfer=schaefer, Türk=tuerk, van der Berg=vanderberg, Wójcik=wojcik`)
)

// The odd ones out: people whose names break what is carelessly made. They get places in the company like everybody else.
var oddNames = [][2]name{
	{{"伸一", "shinichi"}, {"渡辺", "watanabe"}},
	{{"Jose\u0301", "jose"}, {"Nun\u0303ez", "nunez"}}, // combining accents
	{{"محمد", "mohammed"}, {"الأحمد", "alahmad"}},
	{{"נועה", "noa"}, {"כהן", "cohen"}},
	{{"Ольга", "olga"}, {"Кузнецова", "kuznetsova"}},
	{{"Αθηνά", "athina"}, {"Παπαδοπούλου", "papadopoulou"}},
	{{"지우", "jiwoo"}, {"김", "kim"}},
	{{`Robert "Bob"`, "bob"}, {"Hale", "hale"}},
	{{"Sinéad", "sinead"}, {"O'Brien-O'Connor", "obrienoconnor"}},
	{{"Amy", "amy"}, {"Lee, MD", "lee"}},
	{{"İrem", "irem"}, {"Işık", "isik"}},
	{{"Maximiliana Wilhelmina Theodora Konstantina", "maximiliana"}, {"von Hohenlohe-Waldenburg-Schillingsfürst und zu Löwenstein-Wertheim-Rosenberg", "hohenlohe"}},
	{{"A", "a"}, {"B", "b"}},
	{{"𝓐𝓭𝓪", "ada"}, {"Null", "null"}},
}

// A namer makes people with names, usernames and addresses of their own.
type namer struct {
	dice               *rand.Rand
	logins, cns, mails map[string]bool
	odd                [][2]name
	made               int
}

func (n *namer) next() *person {
	n.made++
	given, family := givenNames[n.dice.IntN(len(givenNames))], familyNames[n.dice.IntN(len(familyNames))]
	if n.made%20 == 7 && len(n.odd) > 0 {
		given, family = n.odd[0][0], n.odd[0][1]
		n.odd = n.odd[1:]
	}
	p := &person{given: given.text, family: family.text, display: given.text + " " + family.text}
	p.login = unique(n.logins, short(given.plain[:1]+family.plain, 18), "")
	p.cn = unique(n.cns, short(p.display, 60), " ")
	p.mail = unique(n.mails, strings.ReplaceAll(given.plain+"."+family.plain, "'", ""), "") + "@example.com"
	return p
}

// unique returns s, with a number behind it if s is taken.
func unique(taken map[string]bool, s, space string) string {
	out := s
	for i := 2; taken[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s%s%d", s, space, i)
	}
	taken[strings.ToLower(out)] = true
	return out
}

// short cuts s to at most n characters.
func short(s string, n int) string {
	for utf8.RuneCountInString(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}
