package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
)

// Find implements inbound.Reader.
func (r inboundReader) Find(ctx context.Context, q inbound.Query) ([]inbound.Resource, error) {
	c := r.newCompiler(q)
	from, err := c.from()
	if err != nil {
		return nil, err
	}
	order, err := c.order(ctx)
	if err != nil {
		return nil, err
	}
	text := "select " + resourceColumns + from + order + " limit " + c.arg(atMost(q.Limit))
	if q.Offset > 0 {
		text += " offset " + c.arg(int64(q.Offset))
	}
	if atMostOne(q.Where) {
		ctx = r.calm(ctx)
	}
	out, err := collect(ctx, r.session, scanResource, text, c.args...)
	if err != nil {
		return nil, fmt.Errorf("find resources: %w", err)
	}
	return out, nil
}

// atMostOne reports whether a condition can hold for one resource only, which an index finds.
func atMostOne(cond inbound.Cond) bool {
	switch cond := cond.(type) {
	case inbound.And:
		return slices.ContainsFunc(cond, atMostOne)
	case inbound.Test:
		return cond.Op == filter.Equal && (cond.Path == "id" || cond.Path == "handle" || cond.Path == "externalId")
	}
	return false
}

// Count implements inbound.Reader.
func (r inboundReader) Count(ctx context.Context, q inbound.Query) (int, error) {
	if q.Where == nil {
		n, err := r.tallies(ctx, "resource", q.Source)
		return n[string(q.Kind)], err
	}
	c := r.newCompiler(q)
	from, err := c.from()
	if err != nil {
		return 0, err
	}
	return one(ctx, r.session, scanOne[int], "select count(*)"+from, c.args...)
}

// A compiler turns a query into SQL. Values are always arguments.
type compiler struct {
	r    inboundReader
	q    inbound.Query
	args []any
	at   map[any]string // arguments that are there already
}

func (r inboundReader) newCompiler(q inbound.Query) *compiler {
	return &compiler{r: r, q: q, at: map[any]string{}}
}

func (c *compiler) arg(v any) string {
	if p, ok := c.at[v]; ok {
		return p
	}
	c.args = append(c.args, v)
	p := dollar(len(c.args))
	c.at[v] = p
	return p
}

// attr is the number of a path.
func (c *compiler) attr(path string) string {
	return "(select n from node where id = " + c.arg(attrNode(c.q.Source, c.q.Kind, path)) + ")"
}

func (c *compiler) attrs(paths []string) string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = c.arg(attrNode(c.q.Source, c.q.Kind, p))
	}
	return "(select n from node where id in (" + strings.Join(out, ", ") + "))"
}

// from is the tables and conditions. What an index finds directly goes first, since a planner without statistics would walk over everybody.
func (c *compiler) from() (string, error) {
	where := []string{"r.source = " + c.arg(c.q.Source), "r.kind = " + c.arg(string(c.q.Kind))}
	text := " from resource r"
	if hit := c.hit(c.q.Where); hit != "" {
		text = " from (" + hit + ") h cross join resource r"
		where = append(where, "r.n = h.n")
	}
	if c.q.Where != nil {
		cond, err := c.cond(c.q.Where, "")
		if err != nil {
			return "", err
		}
		where = append(where, cond)
	}
	return text + " where " + strings.Join(where, " and "), nil
}

// hit is a query for the numbers of all resources that can satisfy a condition, if an index gives it, else "".
func (c *compiler) hit(cond inbound.Cond) string {
	switch cond := cond.(type) {
	case inbound.And:
		for _, x := range cond {
			if hit := c.hit(x); hit != "" {
				return hit
			}
		}
	case inbound.Element:
		return c.hit(cond.Where)
	case inbound.Test:
		if _, column := columns[cond.Path]; cond.Op == filter.Equal && !column {
			return "select distinct res as n from resource_value where attr = " + c.attr(cond.Path) + " and value = " + c.arg(valid(cond.Key))
		}
	case inbound.InGroup:
		if len(cond.Groups) > 0 {
			return "select distinct x.n from edge e join node m on m.n = e.member join resource x on x.source = " + c.arg(c.q.Source) +
				" and x.object = m.id where e.grp in " + c.nodes(cond.Groups) + " and not e.removed"
		}
	case inbound.HasMember:
		if len(cond.Objects) > 0 {
			return "select distinct x.n from edge e join node g on g.n = e.grp join resource x on x.source = " + c.arg(c.q.Source) +
				" and x.object = g.id where e.member in " + c.nodes(cond.Objects) + " and not e.removed"
		}
	}
	return ""
}

func (c *compiler) nodes(list []directory.ID) string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = c.arg(string(id))
	}
	return "(select n from node where id in (" + strings.Join(out, ", ") + "))"
}

// columns are the paths that stand in the table of resources.
var columns = map[string]string{
	"id": "r.id", "handle": "r.handle", "externalId": "r.external", "active": "r.active", "meta.created": "r.created", "meta.lastModified": "r.modified",
}

// cond is a condition as SQL. Within an element, elem is the alias whose element is meant.
func (c *compiler) cond(n inbound.Cond, elem string) (string, error) {
	switch n := n.(type) {
	case inbound.And:
		return c.join(n, " and ", "true", elem)
	case inbound.Or:
		return c.join(n, " or ", "false", elem)
	case inbound.Not:
		inner, err := c.cond(n.Cond, elem)
		return "not (" + inner + ")", err
	case inbound.Has:
		return c.value("attr in "+c.attrs(n.Paths), elem), nil
	case inbound.Test:
		return c.test(n, elem)
	case inbound.Element:
		inner, err := c.cond(n.Where, "e")
		return "exists (select 1 from resource_value e where e.res = r.n and e.attr in " + c.attrs(n.Paths) + " and " + inner + ")", err
	case inbound.HasMember:
		text := "exists (select 1 from edge where grp = (select n from node where id = r.object) and not removed"
		if len(n.Objects) > 0 {
			text += " and member in " + c.nodes(n.Objects)
		}
		return text + ")", nil
	case inbound.InGroup:
		text := "exists (select 1 from edge where member = (select n from node where id = r.object) and not removed"
		if len(n.Groups) > 0 {
			text += " and grp in " + c.nodes(n.Groups)
		}
		return text + ")", nil
	}
	return "", fmt.Errorf("condition %T is not known", n)
}

func (c *compiler) join(list []inbound.Cond, word, none, elem string) (string, error) {
	if len(list) == 0 {
		return none, nil
	}
	out := make([]string, len(list))
	for i, x := range list {
		var err error
		if out[i], err = c.cond(x, elem); err != nil {
			return "", err
		}
	}
	return "(" + strings.Join(out, word) + ")", nil
}

// value says that the resource, or the element, has a value such as cond wants.
func (c *compiler) value(cond, elem string) string {
	text := "exists (select 1 from resource_value where res = r.n and " + cond
	if elem != "" {
		text += " and elem = " + elem + ".elem"
	}
	return text + ")"
}

var comparisons = map[filter.Op]string{
	filter.Equal: " = ", filter.NotEqual: " <> ", filter.Greater: " > ", filter.GreaterOrEqual: " >= ", filter.Less: " < ", filter.LessOrEqual: " <= ",
}

func (c *compiler) test(t inbound.Test, elem string) (string, error) {
	column, own := columns[t.Path]
	if t.Path == "active" {
		same := "r.active"
		if (t.Key == "true") != (t.Op == filter.Equal) {
			same = "not r.active"
		}
		return same, nil
	}
	if strings.HasPrefix(t.Path, "meta.") && own {
		at, err := millis(t)
		return "(" + column + comparisons[t.Op] + c.arg(at) + ")", err
	}
	at := "value"
	if own {
		at = column
	}
	cond, err := c.compare(at, t)
	if err != nil {
		return "", err
	}
	if own {
		return "(" + column + " <> '' and " + cond + ")", nil
	}
	return c.value("attr = "+c.attr(t.Path)+" and "+cond, elem), nil
}

func (c *compiler) compare(at string, t inbound.Test) (string, error) {
	key := valid(t.Key)
	if word, ok := comparisons[t.Op]; ok {
		return at + word + c.arg(key), nil
	}
	length := fmt.Sprint(len([]rune(key)))
	switch t.Op {
	case filter.StartsWith:
		return "substr(" + at + ", 1, " + length + ") = " + c.arg(key), nil
	case filter.EndsWith:
		return "(length(" + at + ") >= " + length + " and substr(" + at + ", length(" + at + ") - " + length + " + 1) = " + c.arg(key) + ")", nil
	case filter.Contains:
		return c.r.d.contains(at, c.arg(key)), nil
	}
	return "", fmt.Errorf("comparison %q is not known", t.Op)
}

// order is the order of a query, and where it begins.
func (c *compiler) order(_ context.Context) (string, error) {
	s := c.q.Sort
	way, less := "", " > "
	if s.Desc {
		way, less = " desc", " < "
	}
	if s.Path == "" || s.Path == "id" {
		text := ""
		if c.q.After != nil {
			text = " and r.id" + less + c.arg(c.q.After.ID)
		}
		return text + " order by r.id" + way, nil
	}
	column, own := columns[s.Path]
	if !own {
		column = "coalesce((select min(value) from resource_value where res = r.n and attr = " + c.attr(s.Path) + " and elem = 0), '')"
	}
	number := strings.HasPrefix(s.Path, "meta.") || s.Path == "active"
	text := ""
	if c.q.After != nil {
		var err error
		if text, err = c.behind(column, less, number); err != nil {
			return "", err
		}
	}
	empty := "(" + column + " = '')" + way + ", "
	if number {
		empty = ""
	}
	return text + " order by " + empty + column + way + ", r.id" + way, nil
}

// behind says that a resource comes after a mark in an order; resources without a value come last, and first in the reverse order.
func (c *compiler) behind(column, less string, number bool) (string, error) {
	mark := c.q.After
	if number {
		key, err := c.number(mark.Key)
		return " and (" + column + ", r.id)" + less + "(" + c.arg(key) + ", " + c.arg(mark.ID) + ")", err
	}
	empty := "(case when " + column + " = '' then 1 else 0 end"
	at := 0
	if mark.Key == "" {
		at = 1
	}
	return " and " + empty + ", " + column + ", r.id)" + less + "(" + fmt.Sprint(at) + ", " + c.arg(valid(mark.Key)) + ", " + c.arg(mark.ID) + ")", nil
}

func (c *compiler) number(key string) (any, error) {
	if c.q.Sort.Path == "active" {
		return key == "true", nil
	}
	return keyMillis(key)
}

// millis is the time that a test compares with, as it is stored.
func millis(t inbound.Test) (int64, error) {
	return keyMillis(t.Key)
}

func keyMillis(key string) (int64, error) {
	at, err := time.Parse(time.RFC3339Nano, key)
	return at.UnixMilli(), err
}
