package notify_test

import (
	"strings"
	"testing"

	"muster/internal/notify"
)

// What fills a mail adds no line to its head and no markup to its HTML, whatever it is.
func FuzzTemplate(f *testing.F) {
	f.Add("Hello {name}", "Dear {name}\n\n{link}", "Ada", "https://example.com/?a=1&b=2")
	f.Add("{name}", "{link}{name}{", "Eve\r\nBcc: mallory@example.com", `"><script>`)
	f.Add("{{name}}", "{}{link}", "{link}", "{name}")
	f.Fuzz(func(t *testing.T, subject, text, name, link string) {
		tmpl := notify.Template{Subject: subject, Text: text}
		if tmpl.Check("name", "link") != nil {
			return
		}
		l := tmpl.Write("ada@example.com", map[string]string{"name": name, "link": link})
		if strings.ContainsAny(l.Subject, "\r\n") {
			t.Errorf("a subject of several lines: %q", l.Subject)
		}
		plain := tmpl.Write("ada@example.com", map[string]string{"name": "x", "link": "y"})
		if strings.Count(l.HTML, "<")-strings.Count(l.HTML, "<br>") > strings.Count(plain.HTML, "<")-strings.Count(plain.HTML, "<br>") {
			t.Errorf("markup was added: %s", l.HTML)
		}
	})
}
