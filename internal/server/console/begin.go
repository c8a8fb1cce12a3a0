package console

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// beginPath leads from a Muster with nothing configured to one that keeps somebody in step.
const beginPath = Root + "begin"

func (c *console) beginRoutes() {
	chosen := func(v *visit) (view, error) { return c.begin(v, nil) }
	c.get("begin", access.View, chosen)
	c.mux.HandleFunc("POST "+Root+"begin", func(w http.ResponseWriter, r *http.Request) { // another kind was chosen, with fields filled in already
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if v, ok := c.visit(w, r, access.View); ok {
			c.show(w, v, chosen)
		}
	})
	c.mux.Handle("GET "+Root+"begin/check", http.RedirectHandler(beginPath, http.StatusSeeOther)) // of who comes back to what was tried out
	c.post("begin/check", access.Begin, nil, c.tryBegin)
	c.mux.HandleFunc("POST "+Root+"begin/write", c.writeBegin)
}

// A door is a kind of source that one can begin with.
type door struct {
	key, title, kind string
	hint             string // about the account that reads
	server, bind     string // for example
	people, groups   string
}

var doors = []door{
	{"ad", "Active Directory", "ldap", "An ordinary account is enough: it reads, and is never written with.", "ldaps://dc1.corp.example", "muster@corp.example", "OU=People,DC=corp,DC=example", "OU=Groups,DC=corp,DC=example"},
	{"ldap", "OpenLDAP or another directory", "ldap", "It must be let read everything below the bases, without a size limit.", "ldaps://ldap.example.com", "cn=muster,dc=example,dc=com", "ou=people,dc=example,dc=com", "ou=groups,dc=example,dc=com"},
	{"scim", "Entra ID, Okta or another provider", "scim", "", "", "", "", ""},
}

// A beginView is what the page of the first configuration shows.
type beginView struct {
	adminapi.Beginning
	door  door
	typ   *adminapi.TargetType // nil = a target comes later
	form  url.Values           // what was typed, but for secrets
	trial *adminapi.Trial
}

func (c *console) begin(v *visit, trial *adminapi.Trial) (view, error) {
	b, err := c.Service.Beginning(v.ctx())
	if err != nil {
		return view{}, err
	}
	x := beginView{Beginning: b, door: doors[0], trial: trial, form: url.Values{}}
	source, target := v.query("source"), v.query("target")
	if v.Method == http.MethodPost {
		if x.form = v.typedIn(); source == "" {
			source, target = x.form.Get("source"), x.form.Get("target")
		}
	}
	x.fill()
	if i := slices.IndexFunc(doors, func(d door) bool { return d.key == source }); i >= 0 {
		x.door = doors[i]
	}
	if i := slices.IndexFunc(b.Types, func(t adminapi.TargetType) bool { return t.Name == target }); i >= 0 {
		x.typ = &b.Types[i]
	}
	return view{title: "Connect your own", entry: "overview", body: beginBody(v, x), wait: true}, nil
}

// typedIn returns the fields that were filled in.
func (v *visit) typedIn() url.Values {
	_ = v.ParseForm() // what cannot be read was not filled in
	return v.PostForm
}

// fill puts what a trial has chosen into the fields that were left empty.
func (x beginView) fill() {
	if x.trial == nil || x.trial.Chosen == nil {
		return
	}
	for field, text := range map[string]string{"people": x.trial.Chosen.People, "groups": x.trial.Chosen.Groups, "canary": x.trial.Chosen.Canary} {
		x.form.Set(field, text)
	}
}

// tryBegin tries out what was typed. Nothing of it stays but in the answer, and secrets not even there.
func (c *console) tryBegin(v *visit) (view, error) {
	trial, err := c.Service.TryBeginning(v.ctx(), v.newConfiguration(), v.caller)
	if err != nil {
		v.problem = c.problem(v, err)
		return c.begin(v, nil)
	}
	return c.begin(v, &trial)
}

// writeBegin writes the first configuration, or shows what keeps it from being written.
func (c *console) writeBegin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	v, ok := c.visit(w, r, access.Begin)
	if !ok {
		return
	}
	trial, err := c.Service.Begin(v.ctx(), v.newConfiguration(), v.caller)
	if err == nil && trial.Written != "" {
		c.pulse.forget()
		http.Redirect(w, r, Root+"?did=begun", http.StatusSeeOther)
		return
	}
	shown := &trial
	if err != nil {
		v.problem, shown = c.problem(v, err), nil
	}
	c.show(w, v, func(v *visit) (view, error) { return c.begin(v, shown) })
}

// newConfiguration reads the form.
func (v *visit) newConfiguration() adminapi.NewConfiguration {
	text := func(name string) string { return strings.TrimSpace(v.PostFormValue(name)) }
	req := adminapi.NewConfiguration{Env: text("keep") == "env", Source: adminapi.NewSource{
		Name: text("name"), Type: "ldap", Servers: strings.FieldsFunc(text("servers"), func(r rune) bool { return strings.ContainsRune(", \r\n", r) }),
		StartTLS: text("starttls") != "", CAFile: text("ca_file"), Bind: text("bind"), Password: v.PostFormValue("password"),
		People: text("people"), Groups: text("groups"), Canary: text("canary"),
	}}
	if text("source") == "scim" {
		req.Source = adminapi.NewSource{Name: text("name"), Type: "scim", Profile: text("profile")}
	}
	if text("target") == "" {
		return req
	}
	req.Target = &adminapi.NewTarget{Name: text("target_name"), Type: text("target"), Group: text("target_group"), Settings: map[string]string{}}
	for field := range v.PostForm {
		if name, ok := strings.CutPrefix(field, "set."); ok && text(field) != "" {
			req.Target.Settings[name] = text(field)
		}
	}
	return req
}

// typed is what a field holds: what was typed before, else what it begins with.
func (x beginView) typed(field, first string) string {
	if _, sent := x.form[field]; sent {
		return x.form.Get(field)
	}
	return first
}

// link leads to the same page for another kind of source or target.
func (x beginView) link(source, target string) string {
	q := url.Values{"source": {source}}
	if target != "" {
		q.Set("target", target)
	}
	return beginPath + "?" + q.Encode()
}

func (x beginView) target() string {
	if x.typ == nil {
		return ""
	}
	return x.typ.Name
}

// verdict says in one sentence what came of trying it out.
func verdict(t adminapi.Trial) string {
	bad := 0
	for _, s := range t.Steps {
		if s.State == "fail" {
			bad++
		}
	}
	if bad == 0 {
		return "Everything that could be tried out works"
	}
	return fmt.Sprintf("%s, and nothing was written", count(bad, "thing does not work yet", "things do not work yet"))
}

// trialTone gives a step the colour of its state.
func trialTone(state string) tone {
	return map[string]tone{"pass": good, "fail": bad, "note": warn}[cmp.Or(state, "skip")]
}

// told is a sentence, unless it begins with an address, which is nothing but itself.
func told(s string) string {
	if scheme, _, ok := strings.Cut(s, "://"); ok && !strings.Contains(scheme, " ") {
		return s + "."
	}
	return sentence(s)
}

// hasSecretsToPlace reports whether a secret is not in its place yet.
func hasSecretsToPlace(t adminapi.Trial) bool {
	return slices.ContainsFunc(t.Secrets, func(p adminapi.SecretPlace) bool { return !p.There })
}

// optionalSettings are those of a kind of target that are seldom needed.
func optionalSettings(t adminapi.TargetType) []adminapi.TypeSetting {
	return slices.DeleteFunc(slices.Clone(t.Settings), func(s adminapi.TypeSetting) bool { return s.Secret || s.Required })
}

func exampleOf(s adminapi.TypeSetting) string { return cmp.Or(s.Default, s.Example) }

// A kept field of a form, with what it holds.
type kept struct{ name, value string }

// keptFields are the fields that were typed, without the secrets.
func keptFields(x beginView) []kept {
	var out []kept
	secret := map[string]bool{"password": true}
	if x.typ != nil {
		for _, s := range x.typ.Settings {
			secret["set."+s.Name] = s.Secret
		}
	}
	for name := range x.form {
		if !secret[name] {
			out = append(out, kept{name, x.form.Get(name)})
		}
	}
	slices.SortFunc(out, func(a, b kept) int { return strings.Compare(a.name, b.name) })
	return out
}

// placeText says what is at a place of a directory.
func placeText(p source.Place) string {
	return count(p.People, "person", "people") + ", " + count(p.Groups, "group", "groups")
}

// placeIndent sets a place apart from the one that it is in.
func placeIndent(p source.Place) string { return []string{"", "sm:pl-8", "sm:pl-12"}[min(p.Depth, 2)] }

// groupAsk asks whom a target gets, in the words of a kind of source.
func groupAsk(d door) string {
	if d.kind == "scim" {
		return "Only the members of the group with this name; everybody if left empty"
	}
	return "Only the members of this group of the directory, by its DN; everybody if left empty"
}

func groupExample(d door) string {
	if d.kind == "scim" {
		return "Wiki users"
	}
	return "CN=Wiki," + d.groups
}
