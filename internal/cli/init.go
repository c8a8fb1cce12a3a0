package cli

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// A firstAsk is what the flags of `muster init` say.
type firstAsk struct {
	req      adminapi.NewConfiguration
	target   adminapi.NewTarget
	password string // file
	secrets  map[string]string
	write    bool
}

func (s *shell) initCommand() *cobra.Command {
	var a firstAsk
	c := &cobra.Command{
		Use: "init", Short: "Compose the first configuration, try it out, and write it", Args: args(),
		Long: `Compose the first configuration from flags, try out what it connects to, and print it. Each step says whether it works, and what to do if not.
With --write the running server writes it into its data folder and takes it up at once, if it has none yet.

Secrets are read from files, used to try it out, and kept nowhere: the configuration only says where they are kept. What is printed says how to put them
there; --write needs them there.`,
		Example: `  muster init --name corp --server ldaps://dc1.corp.example --bind muster@corp.example --password-file pw --people "OU=People,DC=corp,DC=example"
  muster init --name corp --server ldaps://dc1.corp.example --bind muster@corp.example --people "OU=People,DC=corp,DC=example" --write
  muster init --type scim --name entra --profile entra --write`,
		PreRun: func(*cobra.Command, []string) { s.opts.Fresh = true }, // it is for where nothing is configured
		RunE:   s.call(func(ctx context.Context, c *client.Client, _ []string) error { return s.first(ctx, c, a) }),
	}
	src, f := &a.req.Source, c.Flags()
	f.StringVar(&src.Name, "name", "corp", "`name` of the source, of your choice")
	f.StringVar(&src.Type, "type", "ldap", "ldap for a directory that is read, scim for a provider that writes")
	f.StringSliceVar(&src.Servers, "server", nil, "`address` of the directory; several are tried in this order")
	f.BoolVar(&src.StartTLS, "starttls", false, "StartTLS, with an address that begins with ldap://")
	f.StringVar(&src.CAFile, "ca-file", "", "PEM `file` of the authority, if it is not the system's")
	f.StringVar(&src.Bind, "bind", "", "`account` that reads: a DN or a user principal name")
	f.StringVar(&a.password, "password-file", "", "`file` with its password, to try it out")
	f.StringVar(&src.People, "people", "", "`DN` below which people are; left out, it is chosen from what the directory shows, and so are groups and canary (not with --write)")
	f.StringVar(&src.Groups, "groups", "", "`DN` below which groups are")
	f.StringVar(&src.Canary, "canary", "", "`DN` of an entry that every read must find")
	f.StringVar(&src.Profile, "profile", "", "how a provider behaves: standard, entra, okta, onelogin, closed")
	f.StringVar(&a.target.Type, "target", "", "`type` of a target to begin with: scim, slack …; none if left out")
	f.StringVar(&a.target.Name, "target-name", "", "its `name`; its type if left out")
	f.StringVar(&a.target.Group, "target-group", "", "`DN` of the group whose members it gets; everybody if left out")
	f.StringToStringVar(&a.target.Settings, "set", nil, "`setting=value` of the target")
	f.StringToStringVar(&a.secrets, "secret-file", nil, "`setting=file` with a secret of the target, to try it out")
	f.BoolVar(&a.req.Env, "env", false, "keep secrets in environment variables, not in files")
	f.BoolVar(&a.write, "write", false, "write it and take it up")
	return c
}

// first tries a configuration out, or writes it.
func (s *shell) first(ctx context.Context, c *client.Client, a firstAsk) error {
	req, err := a.request()
	if err != nil {
		return err
	}
	try := c.TryBeginning
	if a.write {
		try = c.Begin
	}
	out, err := try(ctx, req)
	if err != nil {
		return err
	}
	if s.json {
		err = s.printJSON(out)
	} else {
		s.trial(out)
	}
	if err == nil && out.Failed() {
		return ended(exitFailed)
	}
	return err
}

func (a firstAsk) request() (adminapi.NewConfiguration, error) {
	req, err := a.req, error(nil)
	if a.password != "" {
		if req.Source.Password, err = secretIn(a.password); err != nil {
			return req, err
		}
	}
	if a.target.Type == "" {
		return req, nil
	}
	t := a.target
	t.Settings = maps.Clone(a.target.Settings)
	if t.Settings == nil {
		t.Settings = map[string]string{}
	}
	if t.Name == "" {
		t.Name = t.Type
	}
	for _, name := range slices.Sorted(maps.Keys(a.secrets)) {
		if t.Settings[name], err = secretIn(a.secrets[name]); err != nil {
			return req, err
		}
	}
	req.Target = &t
	return req, nil
}

// secretIn reads a secret from a file: a newline at its end is not part of it.
func secretIn(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", usage("%v", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// trial says on the side what was tried out, and prints the configuration.
func (s *shell) trial(t adminapi.Trial) {
	for _, x := range t.Steps {
		mark := map[string]string{"pass": "✓", "fail": "✗", "note": "!"}[x.State]
		s.say("%s %s", mark, strings.TrimSpace(x.What+" "+x.Of))
		for _, more := range []string{x.Why, x.Fix} {
			if more != "" {
				s.say("    %s", clean(more))
			}
		}
	}
	for _, p := range t.Places {
		s.say("%s%s: people %d, groups %d", strings.Repeat("  ", p.Depth), clean(p.DN), p.People, p.Groups)
	}
	for _, p := range t.Secrets {
		switch {
		case p.There:
			s.say("The %s is in its place.", p.Of)
		case p.Env != "":
			s.say("The %s is read from %s: set it where Muster is started.", p.Of, p.Env)
		default:
			s.say("The %s belongs into %s: %s", p.Of, p.File, p.Command)
		}
	}
	if t.Written != "" {
		s.say("Written to %s. It is being taken up.", t.Written)
		s.next("muster status")
		return
	}
	for line := range strings.Lines(t.Text) {
		s.print("%s", strings.TrimSuffix(line, "\n"))
	}
}
