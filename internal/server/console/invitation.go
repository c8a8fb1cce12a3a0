package console

import (
	"errors"
	"net/http"
	"strings"

	"golang.org/x/time/rate"

	"muster/internal/access"
	"muster/internal/secret"
)

// InvitationPath is the page at which invited people choose a password. It stands outside of signing in.
const InvitationPath = Root + "invitation"

// How many links that do not work are looked at, by everybody together. A link that works is never held up: guessing one is hopeless, and so is keeping others out.
const (
	guessesASecond = 5
	guessesAtOnce  = 50
)

// An invitation is what the page shows.
type invitation struct {
	token  string
	name   string // username of whom it is for, "" = the link does not work
	wrong  string // what went wrong the last time
	done   bool
	status int
}

func (c *console) invitationRoutes() {
	c.guesses = rate.NewLimiter(guessesASecond, guessesAtOnce)
	c.mux.HandleFunc("GET "+InvitationPath, func(w http.ResponseWriter, r *http.Request) {
		v := invitation{token: r.URL.Query().Get("token"), status: http.StatusOK}
		var err error
		if v.name, err = c.Keeper.Invited(r.Context(), v.token); err != nil {
			c.badInvitation(w, r, err)
			return
		}
		c.showInvitation(w, r, v)
	})
	c.mux.HandleFunc("POST "+InvitationPath, c.accept)
}

// accept sets the password of whom an invitation is for.
func (c *console) accept(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	v := invitation{token: r.PostFormValue("token"), status: http.StatusUnprocessableEntity}
	var err error
	if v.name, err = c.Keeper.Invited(r.Context(), v.token); err != nil {
		c.badInvitation(w, r, err)
		return
	}
	password := r.PostFormValue("password")
	if password != r.PostFormValue("again") {
		v.wrong = "The two passwords differ."
		c.showInvitation(w, r, v)
		return
	}
	_, err = c.Keeper.Accept(r.Context(), v.token, secret.New(password))
	switch {
	case errors.Is(err, access.ErrWeak):
		v.wrong = strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."
	case err != nil:
		c.badInvitation(w, r, err)
		return
	default:
		v.done, v.token, v.status = true, "", http.StatusOK
	}
	c.showInvitation(w, r, v)
}

// badInvitation answers a link that does not work: always the same, whatever is wrong with it.
func (c *console) badInvitation(w http.ResponseWriter, r *http.Request, err error) {
	v := invitation{status: http.StatusNotFound}
	switch {
	case !errors.Is(err, access.ErrUnknown):
		c.Log.Error("invitation failed", "error", err)
		v.status, v.wrong = http.StatusInternalServerError, "Something went wrong in Muster itself. Its log says more."
	case !c.guesses.Allow():
		v.status, v.wrong = http.StatusTooManyRequests, "Too many links were tried that do not work. Try again in a while."
		w.Header().Set("Retry-After", "10")
	default:
		c.Log.Warn("an invitation that does not work was tried", "from", r.RemoteAddr)
	}
	c.showInvitation(w, r, v)
}

func (c *console) showInvitation(w http.ResponseWriter, r *http.Request, v invitation) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(v.status)
	if err := invitationPage(r, v).Render(r.Context(), w); err != nil {
		c.Log.Error("page not sent", "path", r.URL.Path, "error", err)
	}
}
