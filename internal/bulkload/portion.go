package bulkload

import "iter"

// portion is how many replies are looked at, and written, at a time.
const portion = 1000

// portions yields the replies of a post, some at a time, and the place of the first of these. Those of a long line are read anew each time.
func (p *post) portions() iter.Seq2[int, []post] {
	return func(yield func(int, []post) bool) {
		for from := 0; from < len(p.Replies); from += portion {
			if !yield(from, p.Replies[from:min(from+portion, len(p.Replies))]) {
				return
			}
		}
		if p.putOff != "" {
			(&quick{s: p.putOff}).posts(yield)
		}
	}
}

// later puts replies off, if they can be read.
func (q *quick) later() bool {
	from := q.i
	read := quick{s: q.s, i: from}
	if q.off != "" || !read.posts(func(int, []post) bool { return true }) {
		return false
	}
	q.i, q.off = read.i, q.s[from:read.i]
	return true
}

// posts reads a list of posts, some at a time. It reports whether it could and all were taken.
func (q *quick) posts(yield func(int, []post) bool) bool {
	var some []post
	n := 0
	pass := func() bool {
		ok := yield(n-len(some), some)
		some = nil
		return ok
	}
	ok := q.list('[', ']', func() bool {
		if len(some) == portion && !pass() {
			return false
		}
		some = append(some, post{})
		n++
		return q.object(&some[len(some)-1])
	})
	return ok && (len(some) == 0 || pass())
}
