package bulkload

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/internal/directory"
)

// A Renamed is somebody whom an export calls otherwise than Muster does, because the format cannot hold their username.
type Renamed struct {
	Username string `json:"username"` // in the export
	Here     string `json:"here"`
}

const mostRenamed = 100_000

// named is the username of a person, in a form that the format can hold. Somebody who is gone may have left theirs to another.
func (x *exporting) named(o directory.Object) (string, error) {
	name, odd := x.odd[o.ID]
	if !odd {
		var err error
		if name, err = x.name(o); err != nil {
			return "", err
		}
	}
	if len(x.names) >= mostNames {
		clear(x.names)
	}
	x.names[o.ID] = name
	return name, nil
}

func (x *exporting) name(o directory.Object) (string, error) {
	here := strings.ToLower(o.Handle())
	name := plainName(here)
	if name == here && name != "" && o.State != directory.Gone && !x.botNames[name] {
		return name, nil
	}
	taken, err := x.taken(o.ID, name)
	if err != nil {
		return "", err
	}
	if taken || name == "" {
		name = cmp.Or(name[:min(len(name), 40)], "u")
		if o.State == directory.Gone {
			name += "-gone"
		}
		name += "-" + string(o.ID[len(o.ID)-8:])
	}
	x.odd[o.ID], x.given[name] = name, true
	if name == here {
		return name, nil
	}
	x.out.Notes["people whose usernames the format cannot hold, under others"]++
	if len(x.out.Renamed) < mostRenamed {
		x.out.Renamed = append(x.out.Renamed, Renamed{name, o.Handle()})
	}
	return name, nil
}

// taken reports whether somebody else has a name, here or in the export.
func (x *exporting) taken(id directory.ID, name string) (bool, error) {
	if x.given[name] || x.botNames[name] {
		return true, nil
	}
	others, err := x.r.ObjectsByHandle(x.ctx, directory.Person, []string{name})
	others = slices.DeleteFunc(others, func(o directory.Object) bool { return o.ID == id })
	return len(others) > 0, err
}

// plainName is a username as the format allows them.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(usernameBytes, r) {
			return r
		}
		return '-'
	}, name)
	if plain != name {
		plain = strings.Trim(plain, "-")
	}
	plain = plain[:min(len(plain), longestName)]
	if slices.Contains(usernamesTaken, plain) {
		plain += "-"
	}
	return plain
}

// addresses are those of people of a page that somebody who is not gone has.
func (x *exporting) addresses(page []directory.Object) (map[string]bool, error) {
	var gone []string
	for _, o := range page {
		if mail := o.Attrs.First(directory.Email); mail != "" && o.State == directory.Gone {
			gone = append(gone, mail)
		}
	}
	living, err := x.r.ObjectsByEmail(x.ctx, directory.Person, gone)
	out := map[string]bool{}
	for _, o := range living {
		out[strings.ToLower(o.Attrs.First(directory.Email))] = true
	}
	return out, err
}

// address is the address of a person. The format wants one of everybody, and no two alike: of those who share one, the first who is not gone has it.
func (x *exporting) address(o directory.Object, name string, theirs map[string]bool) string {
	mail := strings.ToLower(strings.TrimSpace(o.Attrs.First(directory.Email)))
	if goodAddress(mail) && !(o.State == directory.Gone && theirs[mail]) && x.mails.add(mail) {
		return mail
	}
	if mail == "" {
		x.out.Notes["people without an address, who got one that leads nowhere"]++
	} else {
		x.out.Notes["people whose address the format cannot hold, or somebody else has, who got one that leads nowhere"]++
	}
	for i := 0; ; i++ {
		unknown := name
		if i > 0 || !goodAddress(unknown+nowhere) {
			unknown = fmt.Sprintf("user-%d-%s", i, strings.Map(func(r rune) rune {
				if r == '.' {
					return '-'
				}
				return r
			}, name))
		}
		if unknown += nowhere; x.mails.add(unknown) {
			return unknown
		}
	}
}

const nowhere = "@address-unknown.invalid"

// cut is a text of at most n characters; nil for none.
func (x *exporting) cut(s string, n int) *string {
	if utf8.RuneCountInString(s) > n {
		x.out.Notes["names and titles that are longer than the format allows, cut"]++
		s = string([]rune(s)[:n])
	}
	return unlessZero(s)
}

// hashes are texts by their hashes, so that many of them take little.
type hashes map[uint64]bool

// add reports whether s was not among them, and adds it.
func (h hashes) add(s string) bool {
	sum := maphash.String(seed, s)
	was := h[sum]
	h[sum] = true
	return !was
}
