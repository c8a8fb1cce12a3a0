package bulkload

import (
	"cmp"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A quick reads lines as programs write them: names spelt as the format spells them, and nothing else but what the format has. Whatever is not so, bad lines
// above all, it leaves to package json, which takes longer and knows what is wrong.
type quick struct {
	s     string
	i     int
	texts []string // where pointers to texts point; filled up and left behind
	long  bool     // replies are put off
	off   string   // those that were
}

// longLine is from where on a line is not kept as structs, which take many times its length.
const longLine = 1 << 20

// line reads a line. It reports whether it could: then l is what package json makes of it.
func (q *quick) line(text []byte) (l *line, ok bool) {
	q.s, q.i, q.long, q.off = string(text), 0, len(text) > longLine, ""
	l = &line{}
	if !q.object(l) {
		return nil, false
	}
	q.space()
	if q.off != "" {
		if (l.Post != nil) == (l.DirectPost != nil) {
			return nil, false
		}
		cmp.Or(l.Post, l.DirectPost).putOff = q.off
	}
	return l, q.i == len(q.s)
}

// space goes to the next byte that means something.
func (q *quick) space() {
	for q.i < len(q.s) {
		switch q.s[q.i] {
		case ' ', '\t', '\r', '\n':
			q.i++
		default:
			return
		}
	}
}

// next takes b, if that comes next.
func (q *quick) next(b byte) bool {
	q.space()
	if q.i == len(q.s) || q.s[q.i] != b {
		return false
	}
	q.i++
	return true
}

// word takes a literal, if that comes next.
func (q *quick) word(w string) bool {
	if !strings.HasPrefix(q.s[q.i:], w) {
		return false
	}
	q.i += len(w)
	return true
}

// list takes what stands between two brackets, an item at a time.
func (q *quick) list(open, end byte, item func() bool) bool {
	if !q.next(open) {
		return false
	}
	if q.next(end) {
		return true
	}
	for item() {
		if q.next(end) {
			return true
		}
		if !q.next(',') {
			return false
		}
	}
	return false
}

// object reads an object into a struct.
func (q *quick) object(v fields) bool {
	return q.list('{', '}', func() bool {
		name, ok := q.text()
		if !ok || !q.next(':') {
			return false
		}
		q.space()
		return q.value(v.field(name))
	})
}

// value reads the value of a field. Of two values of one field package json knows what to do.
func (q *quick) value(field any) bool {
	switch p := field.(type) {
	case nil:
		return false
	case *jsontext.Value:
		from := q.i
		ok := *p == nil && q.skip(0)
		*p = jsontext.Value(q.s[from:q.i])
		return ok
	case *string:
		s, ok := q.text()
		ok = ok && *p == ""
		*p = s
		return ok
	}
	if q.word("null") {
		return reflect.ValueOf(field).Elem().IsNil()
	}
	switch p := field.(type) {
	case **string:
		s, ok := q.text()
		ok = ok && *p == nil
		*p = q.keep(s)
		return ok
	case **bool:
		yes := q.word("true")
		ok := *p == nil && (yes || q.word("false"))
		*p = &yes
		return ok
	case **int64:
		n, ok := q.whole()
		ok = ok && *p == nil
		*p = &n
		return ok
	case **int:
		n, ok := q.whole()
		ok = ok && *p == nil
		*p = new(int(n))
		return ok
	case **[]string:
		*p = new([]string)
		return q.names(*p)
	case *[]string:
		return q.names(p)
	}
	return q.structs(field)
}

// structs reads a struct, or a list of them.
func (q *quick) structs(field any) bool {
	switch p := field.(type) {
	case **info:
		return one(q, p)
	case **role:
		return one(q, p)
	case **scheme:
		return one(q, p)
	case **emoji:
		return one(q, p)
	case **team:
		return one(q, p)
	case **channel:
		return one(q, p)
	case **user:
		return one(q, p)
	case **bot:
		return one(q, p)
	case **post:
		return one(q, p)
	case **directChannel:
		return one(q, p)
	case **notifyProps:
		return one(q, p)
	case **channelNotifyProps:
		return one(q, p)
	case *[]userTeam:
		return many(q, p)
	case *[]userChannel:
		return many(q, p)
	case *[]post:
		if q.long {
			return *p == nil && q.later()
		}
		return many(q, p)
	case *[]reaction:
		return many(q, p)
	case *[]attachment:
		return many(q, p)
	case *[]threadFollower:
		return many(q, p)
	case *[]participant:
		return many(q, p)
	}
	return false
}

// A structOf is a pointer to a struct of a line.
type structOf[T any] interface {
	*T
	fields
}

func one[T any, P structOf[T]](q *quick, p **T) bool {
	if *p != nil {
		return false
	}
	*p = new(T)
	return q.object(P(*p))
}

func many[T any, P structOf[T]](q *quick, p *[]T) bool {
	if *p != nil {
		return false
	}
	*p = []T{}
	return q.list('[', ']', func() bool {
		*p = append(*p, *new(T))
		return q.object(P(&(*p)[len(*p)-1]))
	})
}

func (q *quick) names(p *[]string) bool {
	if *p != nil {
		return false
	}
	*p = []string{}
	return q.list('[', ']', func() bool {
		s, ok := q.text()
		*p = append(*p, s)
		return ok
	})
}

// keep returns a pointer to s.
func (q *quick) keep(s string) *string {
	if len(q.texts) == cap(q.texts) {
		q.texts = make([]string, 0, 64)
	}
	q.texts = append(q.texts, s)
	return &q.texts[len(q.texts)-1]
}

// text reads a text.
func (q *quick) text() (string, bool) {
	if !q.next('"') {
		return "", false
	}
	from, escaped := q.i, false
	for ; q.i < len(q.s); q.i++ {
		switch b := q.s[q.i]; {
		case b == '"':
			q.i++
			if !escaped {
				return q.s[from : q.i-1], true
			}
			s, err := jsontext.AppendUnquote(nil, q.s[from-1:q.i])
			return string(s), err == nil
		case b == '\\':
			escaped = true
			q.i++
		case b < ' ':
			return "", false
		}
	}
	return "", false
}

// digits takes digits, and returns how many there are.
func (q *quick) digits() int {
	from := q.i
	for q.i < len(q.s) && '0' <= q.s[q.i] && q.s[q.i] <= '9' {
		q.i++
	}
	return q.i - from
}

// whole reads a whole number.
func (q *quick) whole() (int64, bool) {
	from := q.i
	q.word("-")
	zero := q.i < len(q.s) && q.s[q.i] == '0'
	n := q.digits()
	if n == 0 || zero && n > 1 || q.i < len(q.s) && strings.IndexByte(".eE", q.s[q.i]) >= 0 {
		return 0, false
	}
	v, err := strconv.ParseInt(q.s[from:q.i], 10, 64)
	return v, err == nil
}

const deepest = 100

// skip takes any value.
func (q *quick) skip(depth int) bool {
	q.space()
	if q.i == len(q.s) || depth == deepest {
		return false
	}
	switch b := q.s[q.i]; {
	case b == '"':
		_, ok := q.text()
		return ok
	case b == '{':
		return q.list('{', '}', func() bool {
			_, ok := q.text()
			return ok && q.next(':') && q.skip(depth+1)
		})
	case b == '[':
		return q.list('[', ']', func() bool { return q.skip(depth + 1) })
	case b == '-' || '0' <= b && b <= '9':
		_, ok := q.whole() // others are rare
		return ok
	default:
		return q.word("true") || q.word("false") || q.word("null")
	}
}
