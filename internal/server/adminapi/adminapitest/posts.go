package adminapitest

import (
	"context"
	"io"
	"strings"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

func aPost() adminapi.Post {
	return adminapi.Post{
		ID: "post-1", Channel: "staff:news", Author: adminapi.Author{ID: ben, Name: "ben.ito", Inactive: true}, Message: "The canteen\nis open", Created: ago(0), Replies: 1,
		Reactions: []adminapi.Reaction{{Emoji: "tada", By: []string{"olivia.berg"}}}, Files: []adminapi.PostFile{{Name: "menu.pdf", Size: 12}},
	}
}

// Posts returns what ben, who has left, posted in the channel news.
func (s *Service) Posts(_ context.Context, ref string, q adminapi.PostQuery) ([]adminapi.Post, error) {
	if ref != "staff:news" {
		return nil, missing("team or channel", ref)
	}
	if q.After != "" {
		return nil, nil
	}
	return []adminapi.Post{aPost()}, nil
}

// Replies returns the reply to that.
func (s *Service) Replies(_ context.Context, post directory.ID, _ adminapi.PostQuery) ([]adminapi.Post, error) {
	if post != "post-1" {
		return nil, missing("post", string(post))
	}
	return []adminapi.Post{{ID: "post-2", Channel: "staff:news", Root: post, Author: adminapi.Author{ID: olivia, Name: "olivia.berg"}, Message: "Good", Created: ago(0)}}, nil
}

// PostsOf returns what ben posted.
func (s *Service) PostsOf(_ context.Context, who string, q adminapi.PostQuery) ([]adminapi.Post, error) {
	if who != "ben.ito" {
		return nil, nil
	}
	return s.Posts(context.Background(), "staff:news", q)
}

// PostFile returns the menu.
func (s *Service) PostFile(_ context.Context, post directory.ID, number int) (adminapi.PostFile, io.ReadCloser, error) {
	if post != "post-1" || number != 0 {
		return adminapi.PostFile{}, nil, missing("file", string(post))
	}
	return aPost().Files[0], io.NopCloser(strings.NewReader("soup of day\n")), nil
}
