package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"muster/internal/connector"
)

// document is a file being read. It collects everything that is wrong.
type document struct {
	name     string
	dir      string
	types    []connector.Type
	errs     Errors
	warnings []string
}

func (d *document) fail(line int, what, allowed, near string) {
	d.errs = append(d.errs, Error{File: d.name, Line: line, What: what, Allowed: allowed, Near: near})
}

func (d *document) warn(line int, text string) {
	d.warnings = append(d.warnings, d.at(line)+": "+text)
}

func (d *document) at(line int) string { return d.name + ":" + strconv.Itoa(line) }

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// root parses data as one YAML document and returns its top node, or nil.
func (d *document) root(data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var n, more yaml.Node
	if err := dec.Decode(&n); errors.Is(err, io.EOF) {
		d.fail(0, "the file is empty", "sources, targets …", "")
		return nil
	} else if err != nil {
		m := yamlLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
		line, _ := strconv.Atoi(m[1])
		d.fail(line, "not valid YAML: "+m[2], "", "")
		return nil
	}
	if err := dec.Decode(&more); err == nil {
		d.fail(more.Line, "a second YAML document begins", "one document in a file", "")
	}
	if len(n.Content) == 0 {
		d.fail(0, "the file is empty", "sources, targets …", "")
		return nil
	}
	return n.Content[0]
}

func deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return fmt.Sprintf("%q", n.Value)
}

// object is a mapping whose keys were checked.
type object struct {
	d      *document
	path   string // "targets.wiki.people"
	line   int
	fields map[string]*yaml.Node
	keys   []*yaml.Node // in the order of the file
}

// object checks that n is a mapping that has each key once. With allowed, all other keys are errors.
func (d *document) object(n *yaml.Node, path string, allowed ...string) object {
	n = deref(n)
	o := object{d: d, path: path, line: n.Line, fields: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, o.says(kindOf(n)+" stands where keys with values should"), join(allowed), "")
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], deref(n.Content[i+1])
		switch {
		case k.Kind != yaml.ScalarNode:
			d.fail(k.Line, o.says("a key must be text"), join(allowed), "")
		case o.fields[k.Value] != nil:
			d.fail(k.Line, o.says(fmt.Sprintf("the key %q stands here twice", k.Value)), "each key once", "")
		case len(allowed) > 0 && !slices.Contains(allowed, k.Value):
			o.unknown(k, allowed)
		default:
			o.fields[k.Value] = v
			o.keys = append(o.keys, k)
		}
	}
	return o
}

func (o object) unknown(k *yaml.Node, allowed []string) {
	if k.Value == "limits" {
		o.d.fail(k.Line, o.says("limits cannot be set in the file"),
			`they are fixed; "muster limit raise" announces a window for a planned change`, "")
		return
	}
	o.d.fail(k.Line, o.says(fmt.Sprintf("unknown key %q", k.Value)), join(allowed), Nearest(k.Value, allowed))
}

// says puts the path of o before what.
func (o object) says(what string) string {
	if o.path == "" {
		return what
	}
	return o.path + ": " + what
}

func (o object) join(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

func (o object) at(key string) int {
	if n := o.fields[key]; n != nil {
		return n.Line
	}
	return o.line
}

func (o object) has(key string) bool { return o.fields[key] != nil && !isNull(o.fields[key]) }

// wrong reports a bad value of key.
func (o object) wrong(key, what, allowed string) {
	o.d.fail(o.at(key), o.join(key)+": "+what, allowed, "")
}

// scalar returns the text of a scalar, whatever its type.
func (o object) scalar(key string) (string, bool) {
	n := o.fields[key]
	if n == nil || isNull(n) {
		return "", false
	}
	if n.Kind != yaml.ScalarNode {
		o.wrong(key, kindOf(n)+" stands where one value should", "text")
		return "", false
	}
	return n.Value, true
}

func (o object) text(key string) string {
	s, _ := o.scalar(key)
	return strings.TrimSpace(s)
}

func (o object) need(key, example string) string {
	s := o.text(key)
	if s == "" && !(o.has(key) && o.fields[key].Kind != yaml.ScalarNode) {
		o.d.fail(o.at(key), o.path+": "+key+" is missing", example, "")
	}
	return s
}

func (o object) bool(key string, def bool) bool {
	s, ok := o.scalar(key)
	if !ok {
		return def
	}
	switch s {
	case "true":
		return true
	case "false":
		return false
	}
	o.wrong(key, fmt.Sprintf("%q is neither true nor false", s), "true, false")
	return def
}

func (o object) number(key string, lo, hi int) int {
	s, ok := o.scalar(key)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		o.wrong(key, fmt.Sprintf("%q is not a number in range", s), fmt.Sprintf("%d to %d", lo, hi))
	}
	return n
}

func (o object) duration(key string, def, least time.Duration) time.Duration {
	s, ok := o.scalar(key)
	if !ok {
		return def
	}
	v, err := time.ParseDuration(s)
	switch {
	case err != nil:
		o.wrong(key, fmt.Sprintf("%q is not a duration", s), "a number with a unit: 30s, 5m, 24h")
	case v < least:
		o.wrong(key, fmt.Sprintf("%s is too short", s), "at least "+least.String())
	}
	return v
}

func (o object) oneOf(key, def string, allowed ...string) string {
	s, ok := o.scalar(key)
	if !ok {
		return def
	}
	if !slices.Contains(allowed, s) {
		o.d.fail(o.at(key), fmt.Sprintf("%s: %q is not known", o.join(key), s), strings.Join(allowed, ", "), Nearest(s, allowed))
		return def
	}
	return s
}

// list returns the items at key. One item without the brackets counts as a list of one.
func (o object) list(key string) []*yaml.Node {
	n := o.fields[key]
	switch {
	case n == nil || isNull(n):
		return nil
	case n.Kind == yaml.SequenceNode:
		out := make([]*yaml.Node, len(n.Content))
		for i, c := range n.Content {
			out[i] = deref(c)
		}
		return out
	}
	return []*yaml.Node{n}
}

func (o object) texts(key string) []string {
	var out []string
	for _, n := range o.list(key) {
		s := strings.TrimSpace(n.Value)
		if n.Kind != yaml.ScalarNode || s == "" {
			o.d.fail(n.Line, fmt.Sprintf("%s: %s stands where text should", o.join(key), kindOf(n)), "a list of texts", "")
			continue
		}
		out = append(out, s)
	}
	return out
}

// file returns the path at key, starting at the folder of the configuration.
func (o object) file(key string) string {
	s := o.text(key)
	if s == "" || filepath.IsAbs(s) {
		return s
	}
	return filepath.Join(o.d.dir, s)
}
