package docs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/config"
	"muster/internal/connector/all"
)

// configuration is the page about the configuration file: its keys as package config accepts them, with the meanings from levels.
func configuration() (string, error) {
	var b strings.Builder
	b.WriteString(configurationIntroduction)
	for _, l := range slices.Concat(levels, scimLevels, notifyLevels) {
		if err := l.write(&b); err != nil {
			return "", err
		}
		if l.title == "Rules" {
			b.WriteString(withoutRule)
		}
	}
	for _, t := range all.Types() {
		fmt.Fprintf(&b, "\n## Settings of type %s\n\n%s.\n\n| key | meaning | if absent |\n|---|---|---|\n", t.Name, t.Title)
		for _, s := range t.Settings {
			absent := "–"
			switch {
			case s.Default != "":
				absent = "`" + s.Default + "`"
			case s.Required:
				absent = required
			}
			meaning := s.Help
			if s.Secret {
				meaning += "; only as `{env: NAME}` or `{file: path}`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, cell(meaning), absent)
		}
	}
	fmt.Fprintf(&b, "\n## A whole file\n\n```yaml\n%s```\n", config.Example)
	return b.String(), nil
}

func (l level) write(b *strings.Builder) error {
	accepted, err := l.accepted()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## %s\n\n", l.title)
	if l.about != "" {
		b.WriteString(l.about + "\n\n")
	}
	b.WriteString("| key | meaning | if absent |\n|---|---|---|\n")
	for _, k := range l.keys {
		if !slices.Contains(accepted, k.name) {
			return fmt.Errorf("%s: %s is described, but is no key", l.title, k.name)
		}
		meaning := k.meaning
		if values := l.values(k.name); values != "" {
			meaning += ". One of: " + values
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", k.name, cell(meaning), cell(k.absent))
	}
	for _, name := range accepted {
		if !slices.ContainsFunc(l.keys, func(k key) bool { return k.name == name }) {
			return fmt.Errorf("%s: the key %s is not described", l.title, name)
		}
	}
	return nil
}

// accepted asks package config for the keys of a level, by giving it one that cannot be.
func (l level) accepted() ([]string, error) {
	for _, e := range problems(strings.NewReplacer("KEY", "zzz", "VALUE", "zzz").Replace(l.probe)) {
		if strings.Contains(e.What, `unknown key "zzz"`) {
			return strings.Split(e.Allowed, ", "), nil
		}
	}
	return nil, fmt.Errorf("%s: the keys are not told", l.title)
}

// values returns what may stand at a key that takes only certain words, or "".
func (l level) values(name string) string {
	for _, e := range problems(strings.NewReplacer("KEY", name, "VALUE", "zzz").Replace(l.probe)) {
		if strings.HasSuffix(e.What, `: "zzz" is not known`) {
			return "`" + strings.ReplaceAll(e.Allowed, ", ", "`, `") + "`"
		}
	}
	return ""
}

func problems(file string) config.Errors {
	_, err := config.Parse("muster.yaml", []byte(file), all.Types()...)
	var out config.Errors
	_ = errors.As(err, &out)
	return out
}

const configurationIntroduction = `# Configuration

One YAML file says where people come from and what is kept in step. ` + "`muster check -c muster.yaml`" + ` says all that is wrong with it, with line, what is
allowed and the name that was perhaps meant; it connects to nothing. A change of the file takes effect when Muster is started anew.

A changed rule of a target that was approved before is a draft: the approved rules go on being served until its plan is approved.

Passwords and tokens do not stand in the file. ` + "`{file: path}`" + ` names a file that holds nothing else, ` + "`{env: NAME}`" + ` an environment variable.
Durations have a unit: ` + "`90s`, `5m`, `24h`" + `.
`

const withoutRule = `
### Attributes without a rule

A source computes these attributes of a person unless a rule of the file says otherwise: ` + "`username`" + ` (` + "`sAMAccountName`, else `uid`" + `), ` + "`email`" + `
(` + "`mail`" + `), ` + "`name`" + ` (` + "`displayName`, else `cn`" + `), ` + "`givenName`, `familyName`" + ` (` + "`sn`" + `). A target has no such rules: what is not mapped is left
alone there, and causes no call.
`
