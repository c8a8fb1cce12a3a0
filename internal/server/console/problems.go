package console

import (
	"slices"
	"strings"

	"muster/internal/access"
	"muster/internal/problem"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

const problemsPath = Root + "problems"

func (c *console) problemRoutes() {
	c.get("problems", access.View, problemsPage)
	c.get("problems/{code}", access.View, problemPage)
}

// problemsPage lists the codes by what they have in common.
func problemsPage(*visit) (view, error) {
	return view{title: "Problem codes", entry: "settings", body: problemsBody(problemGroups())}, nil
}

func problemGroups() [][]problem.Kind {
	var out [][]problem.Kind
	for _, k := range problem.All() {
		i := slices.IndexFunc(out, func(g []problem.Kind) bool { return g[0].Group == k.Group })
		if i < 0 {
			out = append(out, nil)
			i = len(out) - 1
		}
		out[i] = append(out[i], k)
	}
	return out
}

func problemPage(v *visit) (view, error) {
	k, ok := problem.Find(v.PathValue("code"))
	if !ok {
		return view{}, &run.Problem{Code: adminapi.NotFound, What: "There is no problem with the code " + v.PathValue("code") + ".", Fix: "Look for it among all of them: " + problemsPath}
	}
	return view{title: k.Code, entry: "settings", body: problemBody(k)}, nil
}

// explained reports whether there is a page about a code.
func explained(code string) bool {
	_, ok := problem.Find(code)
	return ok
}

// A word is a stretch of text; verbatim is what is typed as it stands.
type word struct {
	text     string
	verbatim bool
}

// wordsOf takes the Markdown out of the text of a problem.
func wordsOf(text string) []word {
	var out []word
	for i, s := range strings.Split(text, "`") {
		if s = problem.Plain(s); s != "" {
			out = append(out, word{s, i%2 == 1})
		}
	}
	return out
}

// firstSentence shortens a text to what a list has room for.
func firstSentence(text string) string {
	first, _, cut := strings.Cut(text, ". ")
	if cut {
		first += "."
	}
	return first
}
