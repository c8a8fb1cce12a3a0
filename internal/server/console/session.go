package console

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/secret"
)

// cookieName is bound to this host, to https or loopback, and to no other path by its prefix.
const cookieName = "__Host-muster"

// GuestCookie is the name of the cookie of who went into the sample company: whoever leaves it is still signed in where they came from.
const GuestCookie = "__Host-muster-sample"

// cookie names the cookie of a session.
func (c *console) cookie() string {
	if c.Guest {
		return GuestCookie
	}
	return cookieName
}

// caller returns who is signed in with the cookie of r. With use, it counts as a use of the session.
func (c *console) caller(r *http.Request, use bool) (access.Caller, error) {
	cookie, err := r.Cookie(c.cookie())
	if err != nil {
		return access.Caller{}, access.ErrUnknown
	}
	return c.Keeper.Resume(r.Context(), cookie.Value, use)
}

func setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c *console) signInRoutes() {
	c.mux.HandleFunc("GET "+Root+"sign-in", func(w http.ResponseWriter, r *http.Request) { c.signInPage(w, r, entrance{}) })
	c.mux.HandleFunc("POST "+Root+"sign-in", c.signIn)
	c.mux.HandleFunc("GET "+Root+"welcome", func(w http.ResponseWriter, r *http.Request) {
		code := r.URL.Query().Get("code")
		c.signInPage(w, r, entrance{code: code, welcome: true, behind: code == "" && c.Scenes != nil})
	})
	c.mux.HandleFunc("POST "+Root+"welcome", c.welcome)
	c.mux.HandleFunc("POST "+Root+"sign-out", c.signOut)
}

// An entrance is what the page before signing in shows.
type entrance struct {
	name    string
	code    string
	to      string
	wrong   string // what went wrong the last time
	welcome bool   // by code
	first   bool   // nobody has a password yet
	behind  bool   // the code stands behind "#" in the address, where only the page itself sees it
	expired bool   // the password was right, and another must be chosen
	status  int
}

func (c *console) signInPage(w http.ResponseWriter, r *http.Request, e entrance) {
	if c.Guest && !e.welcome && r.Header.Get("X-Forwarded-Host") != "" { // one goes in where one came from
		http.Redirect(w, r, Root+"sample", http.StatusSeeOther)
		return
	}
	if _, err := c.caller(r, false); err == nil && e.status == 0 && !e.welcome {
		http.Redirect(w, r, Root, http.StatusSeeOther)
		return
	}
	e.to = r.FormValue("to")
	_, claimed, err := c.Keeper.Owner(r.Context())
	if err != nil && !errors.Is(err, access.ErrDenied) {
		c.Log.Error("sign-in page", "error", err)
	}
	e.first = !claimed && err == nil
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(max(e.status, http.StatusOK))
	if err := entrancePage(r, e).Render(r.Context(), w); err != nil {
		c.Log.Error("page not sent", "path", r.URL.Path, "error", err)
	}
}

// signIn signs in by name and password.
func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	name := r.PostFormValue("name")
	cookie, _, err := c.Keeper.SignIn(r.Context(), name, secret.New(r.PostFormValue("password")), r.UserAgent())
	if err != nil {
		e := entrance{name: name, status: http.StatusUnauthorized, wrong: "This name and password do not go together."}
		var slow *access.Slow
		expired, old := errors.AsType[*access.Expired](err)
		switch {
		case old:
			e = entrance{code: expired.Code.Reveal(), name: name, welcome: true, expired: true, status: http.StatusForbidden}
		case errors.As(err, &slow):
			e.status, e.wrong = http.StatusTooManyRequests, fmt.Sprintf("There were too many wrong passwords. The next one is looked at in %s.", short(slow.Wait))
			w.Header().Set("Retry-After", fmt.Sprint(int(slow.Wait/time.Second)+1))
		case !errors.Is(err, access.ErrUnknown):
			c.Log.Error("sign-in failed", "error", err)
			e.status, e.wrong = http.StatusInternalServerError, "Something went wrong in Muster itself. Its log says more."
		}
		c.Log.Warn("nobody signed in", "name", name, "from", r.RemoteAddr, "why", e.wrong)
		c.signInPage(w, r, e)
		return
	}
	setCookie(w, c.cookie(), cookie.Reveal(), access.SessionLife)
	http.Redirect(w, r, inside(r.PostFormValue("to")), http.StatusSeeOther)
}

// welcome signs in by a code, and sets the password if one is given.
func (c *console) welcome(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	e := entrance{code: r.PostFormValue("code"), name: r.PostFormValue("name"), welcome: true, expired: r.PostFormValue("expired") != "", status: http.StatusUnprocessableEntity}
	password := r.PostFormValue("password")
	if password != r.PostFormValue("again") {
		e.wrong = "The two passwords differ."
		c.signInPage(w, r, e)
		return
	}
	cookie, _, err := c.Keeper.Redeem(r.Context(), e.code, secret.New(password), r.UserAgent())
	switch {
	case errors.Is(err, access.ErrWeak):
		e.wrong = strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."
	case errors.Is(err, access.ErrUnknown):
		e.status, e.code = http.StatusUnauthorized, ""
		e.wrong = "This link was used already, or is too old. Get a new one on the machine of Muster: muster console."
	case err != nil:
		c.Log.Error("welcome failed", "error", err)
		e.status, e.wrong = http.StatusInternalServerError, "Something went wrong in Muster itself. Its log says more."
	default:
		setCookie(w, c.cookie(), cookie.Reveal(), access.SessionLife)
		http.Redirect(w, r, Root, http.StatusSeeOther)
		return
	}
	c.signInPage(w, r, e)
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(c.cookie()); err == nil {
		if err := c.Keeper.SignOut(r.Context(), cookie.Value); err != nil {
			c.Log.Error("sign-out failed", "error", err)
			http.Error(w, "The session could not be ended. Look into Muster's log.", http.StatusInternalServerError)
			return
		}
	}
	setCookie(w, c.cookie(), "", -time.Second)
	http.Redirect(w, r, Root+"sign-in", http.StatusSeeOther)
}

// inside returns to if it is a page of the console, else the first one: nobody is led elsewhere by a link.
func inside(to string) string {
	if !strings.HasPrefix(to, Root) || strings.ContainsAny(to, "\\\r\n") {
		return Root
	}
	return to
}
