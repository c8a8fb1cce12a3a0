package bulkload

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/directory"
)

// An encounter is some people of a file, and who is here of their names and addresses.
type encounter struct {
	marks  map[string]directory.Mark
	named  map[string]directory.Object
	mailed map[string][]directory.Object
}

// meet says of the people of a file whom of those here they have something in common with: a username, which makes them wait, or an address, which proves nothing.
func (l *Loader) meet(from string) func(context.Context, []Stated) ([]Finding, error) {
	return func(ctx context.Context, people []Stated) (out []Finding, err error) {
		var met encounter
		err = l.Store.View(ctx, func(r directory.Reader) (err error) {
			met, err = meeting(ctx, r, from, people)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for the people of the file: %w", err)
		}
		for _, p := range people {
			if f, ok := met.finding(met.marks[from+"/"+p.Username], p); ok {
				out = append(out, f)
			}
		}
		return out, nil
	}
}

func meeting(ctx context.Context, r directory.Reader, from string, people []Stated) (e encounter, err error) {
	var keys, names, mails []string
	for _, p := range people {
		keys, names, mails = append(keys, from+"/"+p.Username), append(names, p.Username), append(mails, p.Email)
	}
	marks, err := r.Marks(ctx, Source, keys)
	if err != nil {
		return e, err
	}
	e.marks = named(marks, func(m directory.Mark) string { return m.Key })
	holders, err := r.ObjectsByHandle(ctx, directory.Person, names)
	if err != nil {
		return e, err
	}
	e.named = named(holders, func(o directory.Object) string { return strings.ToLower(o.Handle()) })
	mailed, err := r.ObjectsByEmail(ctx, directory.Person, mails)
	e.mailed = map[string][]directory.Object{}
	for _, o := range mailed {
		address := strings.ToLower(o.Attrs.First(directory.Email))
		e.mailed[address] = append(e.mailed[address], o)
	}
	return e, err
}

// finding is what is to be told of somebody, if anything.
func (e encounter) finding(mark directory.Mark, p Stated) (Finding, bool) {
	f := Finding{Line: p.Line, Type: "user", Level: Warning}
	holder, taken := e.named[p.Username]
	if mark.Object == "" && taken {
		f.Field, f.Code = "user.username", "username_taken"
		f.What = fmt.Sprintf("the username is that of %s here: they wait, with their memberships and posts, until somebody says whether they are the same", described(holder))
		f.Fix = "Once the file is loaded: muster hold show load. Or rename them in the file or here."
		return f, true
	}
	for _, o := range e.mailed[p.Email] {
		if o.ID != mark.Object {
			f.Field, f.Code = "user.email", "address_taken"
			f.What = fmt.Sprintf("the address is that of %s here, whose username is another: they are loaded as somebody else", described(o))
			f.Fix = "If they are the same, give them one username, here or in the file, before it is loaded."
			return f, true
		}
	}
	return Finding{}, false
}

func described(o directory.Object) string {
	if name := o.Attrs.First(directory.Name); name != "" && !strings.EqualFold(name, o.Handle()) {
		return fmt.Sprintf("%s (%s)", o.Handle(), short(name))
	}
	return o.Handle()
}
