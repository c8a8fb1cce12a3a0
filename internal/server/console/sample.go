package console

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
)

// Guests are those who go into the sample company.
type Guests interface {
	// Enter signs somebody in there and returns the cookie that they are known by, named GuestCookie.
	Enter(ctx context.Context) (*http.Cookie, error)
}

func (c *console) sampleRoutes() {
	if c.Guest || c.Guests == nil { // it is left where one came from
		return
	}
	c.get("sample", access.View, c.samplePage)
	c.post("sample/start", access.Configure, c.startSample, c.samplePage)
	c.mux.HandleFunc("POST "+Root+"sample/enter", c.enterSample)
	c.mux.HandleFunc("POST "+Root+"sample/leave", c.leaveSample)
}

func (c *console) samplePage(v *visit) (view, error) {
	x, err := c.Service.Sample(v.ctx())
	return view{title: "Sample company", entry: "overview", body: sampleBody(v, x), watch: "?sample=" + x.State}, err
}

func (c *console) startSample(v *visit) (string, error) {
	_, err := c.Service.StartSample(v.ctx(), v.caller)
	return Root + "sample", err
}

// enterSample lets somebody in who may configure, as owners of the sample company may everything there.
func (c *console) enterSample(w http.ResponseWriter, r *http.Request) {
	v, ok := c.visit(w, r, access.Configure)
	if !ok {
		return
	}
	cookie, err := c.Guests.Enter(v.ctx())
	if err != nil {
		v.problem = c.problem(v, err)
		c.show(w, v, c.samplePage)
		return
	}
	setCookie(w, GuestCookie, cookie.Value, time.Duration(cookie.MaxAge)*time.Second)
	http.Redirect(w, r, Root, http.StatusSeeOther)
}

// leaveSample ends the sample company. Its cookie goes first: whoever is not signed in here any more must come to the page that signs in here.
func (c *console) leaveSample(w http.ResponseWriter, r *http.Request) {
	setCookie(w, GuestCookie, "", -time.Second)
	v, ok := c.visit(w, r, access.Configure)
	if !ok {
		return
	}
	if err := c.Service.EndSample(v.ctx(), v.caller); err != nil {
		v.problem = c.problem(v, err)
		c.show(w, v, c.samplePage)
		return
	}
	c.pulse.forget()
	http.Redirect(w, r, Root+"?did=left", http.StatusSeeOther)
}

func (c *console) sampleState(ctx context.Context) (string, error) {
	x, err := c.Service.Sample(ctx)
	return x.State, err
}
