package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"muster/internal/app"
	"muster/internal/cli"
)

// Stage starts the demo in an empty folder beside another Muster, and returns when its first plans wait. See app.Stage.
func Stage(ctx context.Context, folder string) (app.Company, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the sample company: %w", err)
	}
	w := newWorld(folder, 2*time.Second)
	w.guest = true
	if _, err := w.begin(context.WithoutCancel(ctx)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	playing, stop := context.WithCancel(context.WithoutCancel(ctx))
	b := &beside{world: w, end: stop, ended: make(chan error, 1)}
	go func() { b.ended <- w.run(playing, cli.DemoOptions{Stdout: io.Discard}) }()
	select {
	case <-w.planned:
		return b, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), b.Close())
	case err := <-b.ended:
		b.ended <- nil
		return nil, errors.Join(err, b.Close())
	}
}

// beside is a demo that plays beside another Muster.
type beside struct {
	*world
	end   context.CancelFunc // of what is told and asked; the world ends after it
	ended chan error
}

// Addr returns where its console answers.
func (b *beside) Addr() string { return b.addr }

// Enter signs its owner in, as a browser is by a code.
func (b *beside) Enter(ctx context.Context) (*http.Cookie, error) {
	link, err := url.Parse(b.signIn(ctx))
	if err != nil || link.Host == "" {
		return nil, errors.Join(err, errors.New("the sample company lets nobody in"))
	}
	form := link.Fragment
	link.Fragment = ""
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, link.String(), strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("go into the sample company: %w", err)
	}
	defer res.Body.Close()
	if cookies := res.Cookies(); len(cookies) == 1 {
		return cookies[0], nil
	}
	return nil, fmt.Errorf("go into the sample company: it answers %s", res.Status)
}

// Close ends it, and what it started.
func (b *beside) Close() error {
	b.end()
	err := <-b.ended
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, b.close())
}
