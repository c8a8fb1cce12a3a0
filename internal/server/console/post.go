package console

import (
	"io"
	"mime"
	"net/http"
	"strconv"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// postRoutes show what was posted, also by people who have left.
func (c *console) postRoutes() {
	c.get("people/{id}/posts", access.Content, c.postsOfPage)
	c.mux.HandleFunc("GET "+Root+"posts/{id}/files/{number}", c.postFile)
}

// A postsView is a page of posts, of a channel, of a thread or of a person.
type postsView struct {
	posts  []adminapi.Post
	next   string
	thread string // whose replies these are, "" = none
}

func postQuery(v *visit, oldest bool) adminapi.PostQuery {
	return adminapi.PostQuery{After: directory.ID(v.query("after")), Oldest: oldest, Limit: rowsShown}
}

// posts returns a page of a channel, the newest first, or of the replies of a thread, the oldest first.
func (c *console) posts(v *visit, ref string) (p postsView, err error) {
	if p.thread = v.query("thread"); p.thread != "" {
		p.posts, err = c.Service.Replies(v.ctx(), directory.ID(p.thread), postQuery(v, true))
	} else {
		p.posts, err = c.Service.Posts(v.ctx(), ref, postQuery(v, false))
	}
	p.next = nextPost(p.posts)
	return p, err
}

func nextPost(posts []adminapi.Post) string {
	if len(posts) < rowsShown {
		return ""
	}
	return string(posts[len(posts)-1].ID)
}

func (c *console) postsOfPage(v *visit) (view, error) {
	o, err := c.Service.Object(v.ctx(), string(directory.Person), v.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	p := postsView{}
	p.posts, err = c.Service.PostsOf(v.ctx(), string(o.ID), postQuery(v, false))
	p.next = nextPost(p.posts)
	return view{title: "Posts of " + o.Name, entry: "people", body: postsOfBody(v, o, p)}, err
}

// postFile sends a file of a post as one to be kept, never as one to be shown: its content is somebody else's.
func (c *console) postFile(w http.ResponseWriter, r *http.Request) {
	v, ok := c.visit(w, r, access.Content)
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		c.show(w, v, c.unknownPage)
		return
	}
	f, body, err := c.Service.PostFile(v.ctx(), directory.ID(r.PathValue("id")), n)
	if err != nil {
		c.fail(w, v, err)
		return
	}
	defer func() { _ = body.Close() }() // only read
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if text := mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}); text != "" {
		h.Set("Content-Disposition", text)
	} else {
		h.Set("Content-Disposition", "attachment")
	}
	if _, err := io.Copy(w, body); err != nil {
		panic(http.ErrAbortHandler) // so that nobody takes half of it for all
	}
}

func filePath(p adminapi.Post, number int) string {
	return Root + "posts/" + string(p.ID) + "/files/" + strconv.Itoa(number)
}
