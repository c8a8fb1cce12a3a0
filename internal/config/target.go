package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/secret"
)

func (d *document) target(n *yaml.Node, path string, names map[string]int) Target {
	o := d.object(n, label(n, path, "targets"), "name", "type", "mode", "settings", "people", "groups", "pilot", "drift", "token_owner", "protected")
	t := Target{At: d.at(o.line)}
	if n.Kind != yaml.MappingNode {
		return t
	}
	t.Name = o.called(names)
	t.Type = o.need("type", join(d.typeNames()))
	if len(d.types) > 0 && t.Type != "" {
		t.Type = o.oneOf("type", "", d.typeNames()...)
	}
	t.Mode = Mode(o.oneOf("mode", string(Observe), string(Observe), string(Pilot), string(Live)))
	t.Settings = d.settings(o, t.Type)
	t.TokenOwner = o.text("token_owner")
	t.Protected = o.texts("protected")
	if o.has("mode") {
		t.ModeAt = d.at(o.at("mode"))
	}
	t.Rules = mapping.TargetRules{Name: t.Name}
	d.pilot(o, &t.Rules)
	if o.oneOf("drift", "repair", "repair", mapping.Report) == mapping.Report {
		t.Rules.Drift = mapping.Report
	}
	if t.Mode == Pilot && len(t.Rules.Pilot) == 0 && t.Rules.PilotGroup == nil {
		o.wrong("mode", "a pilot needs people", "pilot: [olivia, ben], or pilot: {group: …}")
	}
	if !o.has("people") {
		d.fail(o.line, o.path+": people is missing", "people: {from: …, match: …, attributes: …}", "")
	} else {
		t.Rules.People = d.people(o, t)
	}
	if o.has("groups") {
		g := d.groups(o)
		t.Rules.Groups = &g
	}
	return t
}

// pilot reads whom a pilot serves: people by name, the members of a group, or both. In other modes they are for later, or from before.
func (d *document) pilot(o object, r *mapping.TargetRules) {
	if n := o.fields["pilot"]; n == nil || n.Kind != yaml.MappingNode {
		r.Pilot = o.texts("pilot")
		return
	}
	p := d.object(o.fields["pilot"], o.join("pilot"), "people", "group", "nested", "source")
	r.Pilot = p.texts("people")
	if group := p.text("group"); group != "" {
		r.PilotGroup = &mapping.From{Source: p.text("source"), Group: group, Nested: p.bool("nested", false), At: d.at(p.line)}
	}
}

func (d *document) people(o object, t Target) mapping.ObjectRules {
	p := d.object(o.fields["people"], o.join("people"),
		"from", "match", "create", "update", "when_removed", "provision_disabled", "attributes")
	r := d.objects(p, "userName", "userName: person.username", "disable", "disable", "delete", "nothing")
	r.ProvisionDisabled = p.bool("provision_disabled", false)
	if r.ProvisionDisabled && r.WhenRemoved != plan.Disable {
		p.wrong("provision_disabled", "needs when_removed: disable, or an account would come and go", "when_removed: disable")
	}
	d.kept(p, t, r.Attributes)
	if r.WhenRemoved == plan.Delete && !d.deletes(t) {
		p.wrong("when_removed", "a target of type "+t.Type+" with these settings deletes no accounts", "disable, nothing")
	}
	return r
}

// kept refuses references that a target does not keep, as far as that is known from what stands in the file.
func (d *document) kept(p object, t Target, rules mapping.Rules) {
	i := slices.IndexFunc(d.types, func(known connector.Type) bool { return known.Name == t.Type })
	if i < 0 || d.types[i].Keeps == nil || !p.has("attributes") {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(rules)) {
		if rules[path].Reference == "" {
			continue
		}
		if err := d.types[i].Keeps(t.plain(), path); err != nil {
			line := p.fields["attributes"].Line
			for k := range p.fields["attributes"].Content {
				if n := p.fields["attributes"].Content[k]; k%2 == 0 && strings.EqualFold(n.Value, string(path)) {
					line = n.Line
				}
			}
			d.fail(line, fmt.Sprintf("%s.attributes: %s cannot be a reference at a target of type %s: %v", p.path, path, t.Type, err), "", "")
		}
	}
}

// plain returns the settings that stand in the file.
func (t Target) plain() connector.Settings {
	plain := connector.Settings{}
	for name, v := range t.Settings {
		if v.Env == "" && v.File == "" {
			plain[name] = v.text
		}
	}
	return plain
}

// deletes reports whether a target deletes accounts, as far as that is known from what stands in the file.
func (d *document) deletes(t Target) bool {
	i := slices.IndexFunc(d.types, func(known connector.Type) bool { return known.Name == t.Type })
	if i < 0 || d.types[i].Deletes == nil {
		return true
	}
	return d.types[i].Deletes(t.plain())
}

func (d *document) groups(o object) mapping.ObjectRules {
	g := d.object(o.fields["groups"], o.join("groups"), "from", "match", "create", "update", "when_removed", "attributes", "memberships", "nested")
	r := d.objects(g, "displayName", "displayName: group.name", "nothing", "delete", "empty", "nothing")
	r.Merge = g.oneOf("memberships", "overwrite", "overwrite", "merge") == "merge"
	r.Nested = g.bool("nested", false)
	return r
}

// objects reads what people and groups have in common.
func (d *document) objects(o object, match, example, removal string, removals ...string) mapping.ObjectRules {
	r := mapping.ObjectRules{
		From:        d.from(o),
		Create:      o.bool("create", true),
		Update:      o.bool("update", true),
		WhenRemoved: plan.Removal(o.oneOf("when_removed", removal, removals...)),
		Attributes:  d.rules(o, "attributes", true),
	}
	for _, s := range o.texts("match") {
		r.Match = append(r.Match, o.attrPath("match", s))
	}
	if !o.has("match") {
		r.Match = []attr.Path{attr.Path(match)}
	}
	if !o.has("attributes") || len(o.fields["attributes"].Content) == 0 && o.fields["attributes"].Kind == yaml.MappingNode {
		d.fail(o.at("attributes"), o.path+": attributes is missing: nothing would be sent", "attributes: {"+example+" …}", "")
	}
	return r
}

func (d *document) from(o object) mapping.From {
	f := mapping.From{At: d.at(o.line)}
	if !o.has("from") {
		return f
	}
	n := d.object(o.fields["from"], o.join("from"), "source", "group", "nested", "filter", "if")
	f = mapping.From{
		Source: n.text("source"), Group: n.text("group"), Nested: n.bool("nested", false), Filter: n.filter("filter"), If: n.text("if"), At: d.at(n.line),
	}
	if f.Nested && f.Group == "" {
		n.wrong("nested", "there is no group whose nested groups could count", "from: {group: …, nested: true}")
	}
	return f
}

func (d *document) typeNames() []string {
	var out []string
	for _, t := range d.types {
		out = append(out, t.Name)
	}
	if out == nil {
		out = []string{"scim"}
	}
	return out
}

// settings reads the settings of a target and checks them against its type, if that is known.
func (d *document) settings(o object, typ string) map[string]Value {
	i := slices.IndexFunc(d.types, func(t connector.Type) bool { return t.Name == typ })
	var allowed []string
	var t connector.Type
	if i >= 0 {
		t = d.types[i]
		for _, s := range t.Settings {
			allowed = append(allowed, s.Name)
		}
	}
	out := map[string]Value{}
	line := o.line
	if o.has("settings") {
		in := d.object(o.fields["settings"], o.join("settings"), allowed...)
		line = in.line
		for _, k := range in.keys {
			out[k.Value] = d.setting(in.fields[k.Value], in.join(k.Value), secretSetting(t, k.Value))
		}
	}
	for _, s := range t.Settings {
		if _, ok := out[s.Name]; s.Required && s.Default == "" && !ok {
			d.fail(line, fmt.Sprintf("%s: settings.%s is missing: %s", o.path, s.Name, s.Help), example(s), "")
		}
	}
	return out
}

func secretSetting(t connector.Type, name string) bool {
	return slices.ContainsFunc(t.Settings, func(s connector.Setting) bool { return s.Name == name && s.Secret })
}

func example(s connector.Setting) string {
	if s.Secret {
		return s.Name + ": {env: NAME} or {file: path}"
	}
	return s.Name + ": " + s.Example
}

func (d *document) setting(n *yaml.Node, path string, isSecret bool) Value {
	if isSecret || n.Kind == yaml.MappingNode {
		return d.secret(n, path)
	}
	v := Value{At: d.at(n.Line)}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.fail(n.Line, fmt.Sprintf("%s: %s stands where a value should", path, kindOf(n)), "text, a number, true, false, {env: NAME}, {file: path}", "")
		return v
	}
	v.text = secret.New(n.Value)
	return v
}

// secret reads where a secret is kept. One that stands in the file itself is refused, and not repeated in the message.
func (d *document) secret(n *yaml.Node, path string) Value {
	const allowed = "{env: NAME} or {file: path}"
	v := Value{At: d.at(n.Line)}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, path+": a secret must not stand in this file", allowed, "")
		return v
	}
	o := d.object(n, path, "env", "file")
	v.Env, v.File = o.text("env"), o.file("file")
	if (v.Env == "") == (v.File == "") {
		d.fail(o.line, path+": either env or file must say where it is kept", allowed, "")
	}
	return v
}
