package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// Posts returns a page of the posts of a channel without replies, and where the next one begins, "" at the end.
func (c *Client) Posts(ctx context.Context, ref string, q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) {
	return c.posts(ctx, place(ref)+"/posts", q)
}

// Replies returns a page of the replies to a post.
func (c *Client) Replies(ctx context.Context, post directory.ID, q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) {
	return c.posts(ctx, "/posts/"+esc(string(post))+"/replies", q)
}

// PostsOf returns a page of the posts and replies of a person.
func (c *Client) PostsOf(ctx context.Context, who string, q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) {
	return c.posts(ctx, person(who)+"/posts", q)
}

func (c *Client) posts(ctx context.Context, path string, q adminapi.PostQuery) ([]adminapi.Post, directory.ID, error) {
	oldest := ""
	if q.Oldest {
		oldest = "true"
	}
	l, err := get[adminapi.List[adminapi.Post]](ctx, c, path, query("after", string(q.After), "oldest", oldest, "limit", count(q.Limit)))
	return l.Items, directory.ID(l.Next), err
}

// PostFile writes a file of a post. It is whole only if there is no error.
func (c *Client) PostFile(ctx context.Context, post directory.ID, number int, to io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, "/posts/"+esc(string(post))+"/files/"+strconv.Itoa(number), nil, nil, "")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return decode(res, nil)
	}
	if _, err := io.Copy(to, res.Body); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	return nil
}
