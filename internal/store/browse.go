package store

import (
	"context"
	"strings"

	"muster/internal/directory"
)

// escapeLike keeps text from being read as a pattern.
var escapeLike = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// Browse implements directory.Reader. Words are found in the stored text of the attributes: they begin behind a quotation mark that no key has, or a space.
func (r reader) Browse(ctx context.Context, l directory.Look) ([]directory.Object, error) {
	args := []any{string(l.Kind), fold(l.AfterName), string(l.After)}
	text := "select " + objectColumns + " from object where kind = $1 and (handle > $2 or handle = $2 and id > $3)"
	add := func(arg string) string {
		args = append(args, arg)
		return dollar(len(args))
	}
	if l.State != "" {
		text += " and state = " + add(string(l.State))
	}
	if l.Text != "" {
		like := escapeLike.Replace(fold(l.Text))
		start := add(like + "%")
		text += " and (handle like " + start + ` escape '\' or email like ` + start + ` escape '\' or lower(attrs) like ` + add(`%["`+like+"%") +
			` escape '\' or lower(attrs) like ` + add("% "+like+"%") + ` escape '\')`
	}
	args = append(args, atMost(l.Limit))
	return collect(ctx, r.session, scanObject, text+" order by handle, id limit "+dollar(len(args)), args...)
}
