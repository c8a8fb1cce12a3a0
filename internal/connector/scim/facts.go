package scim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/connector"
)

// told are the keys of a profile that are facts about a service, in the order in which they are shown. What is not among them is a name, a setting of ours
// or text.
var told = []string{
	"user_match", "group_match", "filter_ignored", "user_update", "group_update", "list_update", "member_batch", "members", "exclude_members", "page_size",
	"page_method", "deactivate", "disabled_gone", "create_disabled", "delete", "group_rename", "clear_mode", "external_id_writable", "required",
	"unknown_attributes", "user_attributes", "rates",
}

// unverified marks a fact that no page of the vendor confirms.
const unverified = "unverified"

// facts returns what is written of the service: each flag with its value and the comment beside it, which names its source.
func (p profile) facts() ([]connector.Fact, error) {
	plain, err := lines("plain")
	if err != nil {
		return nil, err
	}
	own, err := lines(p.Name)
	if err != nil {
		return nil, err
	}
	var out []connector.Fact
	for _, key := range told {
		f := connector.Fact{Name: key, Says: plain[key].value, Source: "as in plain SCIM 2.0", Finding: connector.Unverified}
		if l, ok := own[key]; ok && p.Name != "plain" {
			f.Says, f.Source, f.Finding = l.value, l.source, connector.Documented
			if strings.Contains(l.source, unverified) || l.source == "" {
				f.Finding = connector.Unverified
			}
		}
		out = append(out, p.each(f)...)
	}
	return out, nil
}

// each returns a fact about several attributes as one about each, and others as they are with what the settings of the target make of them.
func (p profile) each(f connector.Fact) []connector.Fact {
	var out []connector.Fact
	switch f.Name {
	case "user_match", "group_match":
		list := p.UserMatch
		if f.Name == "group_match" {
			list = p.GroupMatch
		}
		for _, by := range list {
			f := f
			f.Name, f.Says = f.Name+" "+string(by), "true"
			out = append(out, f)
		}
		return out
	case "user_update":
		f.Says = p.UserUpdate
	case "group_update":
		f.Says = p.GroupUpdate
	case "member_batch":
		f.Says = fmt.Sprint(p.MemberBatch)
	case "page_size":
		f.Says = fmt.Sprint(p.PageSize)
	case "deactivate":
		f.Says = p.Deactivate
	case "delete":
		f.Says = p.Delete
	}
	return []connector.Fact{f}
}

// A line is a key of a profile as it is written.
type line struct{ value, source string }

// lines reads the keys of a profile with the comments beside them.
func lines(name string) (map[string]line, error) {
	text, err := profiles.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	out := map[string]line{}
	for pair := range slices.Chunk(doc.Content[0].Content, 2) {
		key, value := pair[0], pair[1]
		comment := cmp.Or(value.LineComment, key.LineComment)
		if comment == "" && value.Kind == yaml.SequenceNode && len(value.Content) > 0 {
			comment = value.Content[len(value.Content)-1].LineComment
		}
		out[key.Value] = line{written(value), strings.TrimSpace(strings.TrimPrefix(comment, "#"))}
	}
	return out, nil
}

// written returns a value in one line; of a long one only how long it is.
func written(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return fmt.Sprintf("%d named", len(n.Content)/2)
	case yaml.SequenceNode:
		var items []string
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return fmt.Sprintf("%d named", len(n.Content))
			}
			items = append(items, c.Value)
		}
		return strings.Join(items, ", ")
	}
	return n.Value
}
