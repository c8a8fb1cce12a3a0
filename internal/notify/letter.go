package notify

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// A Template is a mail with gaps: {name} and the like. Its HTML is made of its text: paragraphs as they are, and the link as a button.
type Template struct {
	Subject string
	Text    string
}

// Check refuses gaps that nothing fills, and a text without the link if there is to be one.
func (t Template) Check(gaps ...string) error {
	for _, text := range []string{t.Subject, t.Text} {
		for _, g := range gapsOf(text) {
			if !slices.Contains(gaps, g) {
				return fmt.Errorf("nothing fills {%s}; there is {%s}", g, strings.Join(gaps, "}, {"))
			}
		}
	}
	if slices.Contains(gaps, "link") && !strings.Contains(t.Text, "{link}") {
		return fmt.Errorf("the text has no {link}")
	}
	return nil
}

// gapsOf returns the names in braces.
func gapsOf(text string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return out
		}
		if name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == "" {
			out = append(out, name)
			text = after
		} else {
			text = rest
		}
	}
}

// Write fills the gaps. What fills them is text, and stays text in HTML.
func (t Template) Write(to string, fill map[string]string) Letter {
	l := Letter{To: to, Subject: oneLine(filled(t.Subject, fill)), Text: filled(t.Text, fill)}
	l.HTML = page(l.Subject, t.Text, fill)
	return l
}

func filled(text string, fill map[string]string) string {
	var pairs []string
	for name, value := range fill {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// oneLine keeps a name from adding headers to a mail.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

const (
	pageHead = `<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title></head>` +
		`<body style="margin:0;padding:24px;background:#f4f5f7;font:16px/1.5 system-ui,sans-serif;color:#1c2330">` +
		`<div style="max-width:520px;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px">`
	pageFoot = `</div></body></html>`
	button   = `<a href="%s" style="display:inline-block;padding:10px 20px;border-radius:8px;background:#2a4bd7;color:#ffffff;text-decoration:none">%s</a>`
)

// page is the text of a template as HTML.
func page(title, text string, fill map[string]string) string {
	safe := make(map[string]string, len(fill))
	for name, value := range fill {
		safe[name] = html.EscapeString(value)
	}
	if link := fill["link"]; link != "" {
		safe["link"] = fmt.Sprintf(button, html.EscapeString(link), html.EscapeString(link))
	}
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, html.EscapeString(title))
	for part := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n\n") {
		fmt.Fprintf(&b, "<p>%s</p>", filled(strings.ReplaceAll(html.EscapeString(part), "\n", "<br>"), safe))
	}
	b.WriteString(pageFoot)
	return b.String()
}
