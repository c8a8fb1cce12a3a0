package bulkload

import (
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
)

// A nameKind is what a name is the name of.
type nameKind byte

const (
	aUser nameKind = iota + 1
	aTeam
	aChannel // of a team: team, channel
	aScheme
	aRole
	aMail
)

func (k nameKind) String() string {
	return map[nameKind]string{aUser: "user", aTeam: "team", aChannel: "channel", aScheme: "scheme", aRole: "role"}[k]
}

var seed = maphash.MakeSeed()

// hash stands for a name: case does not count. Names are compared by their hashes only, so that a million of them take little.
func hash(kind nameKind, parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	_ = h.WriteByte(byte(kind)) // never fails
	for _, p := range parts {
		_, _ = h.WriteString(strings.ToLower(p)) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// facts are what lines define and refer to.
type facts struct {
	defined  []definition
	uses     []use
	mails    []mailFact
	secrets  []secretFact
	people   []Stated
	used     []string // attachments
	versions []int    // lines that state the version
}

type definition struct {
	line int
	kind nameKind
	name uint64
	text string
	bot  bool // of aUser: it is no person
}

// of is the type of the line that defines something.
func (d definition) of() string {
	if d.bot {
		return "bot"
	}
	return d.kind.String()
}

type use struct {
	line        int
	kind        nameKind
	name        uint64
	text, field string
	of          string // type of the line
}

// A secretFact says that a line states a password, not which.
type secretFact struct {
	line int
	user uint64
}

type mailFact struct {
	line       int
	mail, user uint64
}

func (f *facts) define(kind nameKind, line int, parts ...string) {
	f.defined = append(f.defined, definition{line, kind, hash(kind, parts...), strings.Join(parts, "/"), false})
}

// A book knows which names a file defines, and which it uses before or without that.
type book struct {
	mu      sync.RWMutex
	defined map[uint64]int      // by line; guarded by mu, and written by add only
	mails   map[uint64]mailFact // by address
	secrets map[uint64]int      // the last line with a password, by user
	stale   map[int]int         // lines whose password a later line replaces, and that line
	open    []use               // in the order of their lines
	used    map[string]bool     // attachments
	bots    map[uint64]bool     // of defined; guarded by mu too
	first   int                 // line that states the version
}

func newBook() *book {
	return &book{defined: map[uint64]int{}, mails: map[uint64]mailFact{}, secrets: map[uint64]int{}, stale: map[int]int{}, used: map[string]bool{}, bots: map[uint64]bool{}}
}

// has reports whether a name is defined by a line that was taken in. Safe while add runs.
func (b *book) has(name uint64) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.defined[name]
	return ok
}

// add takes the facts of further lines in, and returns what is wrong with them.
func (b *book) add(f facts) []Finding {
	out := b.define(f.defined)
	for _, m := range f.mails {
		before, ok := b.mails[m.mail]
		if ok && before.user != m.user {
			out = append(out, Finding{
				Line: m.line, Type: "user", Field: "user.email", Level: Error, Code: "email_taken", What: fmt.Sprintf("the address is that of the user in line %d", before.line), Fix: "Each address belongs to one user.",
			})
			continue
		}
		b.mails[m.mail] = m
	}
	for _, s := range f.secrets {
		if before, again := b.secrets[s.user]; again {
			b.stale[before] = s.line
		}
		b.secrets[s.user] = s.line
	}
	for _, u := range f.uses {
		if _, ok := b.defined[u.name]; !ok {
			b.open = append(b.open, u)
		}
	}
	for _, name := range f.used {
		b.used[name] = true
	}
	for _, line := range f.versions {
		if b.first == 0 {
			b.first = line
			continue
		}
		out = append(out, Finding{
			Line: line, Type: "version", Field: "version", Level: Warning, Code: "duplicate", What: fmt.Sprintf("the version stands in line %d already", b.first), Fix: "Load files one after the other, not joined.",
		})
	}
	return out
}

func (b *book) define(list []definition) (out []Finding) {
	if len(list) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range list {
		before, ok := b.defined[d.name]
		if ok && d.kind == aUser && b.bots[d.name] != d.bot {
			out = append(out, Finding{
				Line: d.line, Type: d.of(), Field: d.of() + ".username", Level: Error, Code: "username_twice",
				What: fmt.Sprintf("the username %s is that of the %s in line %d", short(d.text), definition{kind: aUser, bot: !d.bot}.of(), before), Fix: "Rename one of them.",
			})
			continue
		}
		if d.bot {
			b.bots[d.name] = true
		}
		if ok && d.kind != aRole {
			out = append(out, Finding{
				Line: d.line, Type: d.of(), Level: Warning, Code: "duplicate", What: fmt.Sprintf("%s %s stands in line %d already; what comes later counts", d.kind, short(d.text), before),
			})
			continue
		}
		b.defined[d.name] = d.line
	}
	return out
}

// everywhere are the channels that each team has without being told.
var everywhere = []string{"town-square", "off-topic"}

// close returns what the file refers to and does not define. Lines may stand in any order, so that this is known at the end only.
func (b *book) close(known func(kind, name string) bool) []Finding {
	var out []Finding
	if b.first == 0 {
		out = append(out, Finding{Level: Warning, Code: "no_version", What: "no line states the version; the file is read as format 1", Fix: `Begin with {"type": "version", "version": 1}.`})
	}
	for _, u := range b.open {
		if _, ok := b.defined[u.name]; ok || u.builtin() || known != nil && known(u.kind.String(), u.text) {
			continue
		}
		f := Finding{Line: u.line, Type: u.of, Field: u.field, Level: Error, Code: "unknown_" + u.kind.String(), What: fmt.Sprintf("there is no %s %s in the file", u.kind, short(u.text))}
		if u.kind == aRole {
			f.Level, f.What = Warning, fmt.Sprintf("there is no role %s; the rest is loaded without it", short(u.text))
		}
		out = append(out, f)
	}
	return out
}

// builtin reports whether u means something that need not be defined.
func (u use) builtin() bool {
	if u.kind != aChannel {
		return false
	}
	_, name, _ := strings.Cut(strings.ToLower(u.text), "/")
	return name == everywhere[0] || name == everywhere[1]
}
