package ldap

import (
	"context"
	"fmt"
	"strings"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// samples is how many people a Report shows.
const samples = 5

// Check reads everything once, as Pull does, counts it, and says what was guessed and what to look at.
func (src *Source) Check(ctx context.Context) (source.Report, error) {
	var rep source.Report
	s, p, err := src.connect(ctx)
	if err != nil {
		return rep, err
	}
	defer s.close()
	c := checker{cfg: src.cfg, rep: &rep, now: src.cfg.Now()}
	rep.Server, rep.Kind, rep.TLS, rep.Bound = s.server, p.kind, s.tls, s.whoAmI(src.cfg.Bind)
	rep.Guessed = src.cfg.guessed(p)
	c.warnConfig(p)
	if p.kind == kindAD {
		c.warnDeletedObjects(ctx, s, p)
	}
	if s.dead() {
		return rep, s.searchFault(ctx, "", nil)
	}
	r := &reader{cfg: src.cfg.forCheck(p), s: s, p: p, yield: c.count, index: newIndex()}
	err = r.read(ctx)
	return rep, err
}

// forCheck asks for what a sample shows only.
func (c Config) forCheck(p profile) Config {
	c.Attributes = []string{"uid", "cn", "mail", "displayName"}
	if p.kind == kindAD {
		c.Attributes = []string{"sAMAccountName", "cn", "mail", "displayName"}
	}
	return c
}

type checker struct {
	cfg Config
	rep *source.Report
	now time.Time
}

func (c checker) warn(what, fix string) {
	c.rep.Warnings = append(c.rep.Warnings, source.Warning{What: what, Fix: fix})
}

func (c checker) count(b source.Batch) error {
	for _, r := range b.Records {
		if r.Kind == source.Group {
			c.rep.Groups++
			continue
		}
		c.rep.People++
		disabled := r.Disabled || !r.Expires.IsZero() && !r.Expires.After(c.now)
		if disabled {
			c.rep.Disabled++
		}
		if len(c.rep.Samples) < samples {
			c.rep.Samples = append(c.rep.Samples, sample(r, disabled))
		}
	}
	for _, n := range b.Notes {
		c.warn(n, "")
	}
	return nil
}

func sample(r source.Record, disabled bool) source.Sample {
	s := source.Sample{Name: r.Name, Key: r.Key, Email: r.Attrs.First("mail"), Disabled: disabled}
	if s.Username = r.Attrs.First("samaccountname"); s.Username == "" {
		s.Username = r.Attrs.First("uid")
	}
	return s
}

// guessed says what was chosen where the configuration is silent, and why.
func (c Config) guessed(p profile) map[string]string {
	out := map[string]string{}
	because := " (the server is " + p.kind + ")"
	if p.kind == kindOther {
		because = " (the server is of no known kind)"
	}
	if c.IDAttribute == "" {
		out["id_attribute"] = p.nativeID + because
	}
	if c.DisabledFilter == "" {
		out["disabled"] = map[string]string{
			byAccountControl: "bit 2 of userAccountControl, or accountExpires has passed", byAccountLock: "nsAccountLock is true",
			byNothing: "nobody: this kind of server has no usual mark; set disabled_filter if yours has one",
		}[p.disabledBy] + because
	}
	for _, a := range c.People {
		if a.Filter == "" {
			out[string(a.Base)+".filter"] = p.people + because
		}
	}
	for _, a := range c.Groups {
		if a.Filter == "" {
			out[string(a.Base)+".filter"] = p.groups + because
		}
	}
	if len(c.MemberAttributes) == 0 && len(c.Groups) > 0 {
		out["members"] = strings.Join(p.members, ", ") + because
		if p.primary {
			out["members"] = "member, and the people whose primaryGroupID it is" + because
		}
	}
	if c.NamingRoot == "" && len(p.roots) > 0 {
		out["naming_root"] = strings.Join(p.roots, "; ") + " (the naming context that holds the bases)"
	}
	return out
}

// warnConfig warns of settings that weaken the protection against outages, or hide leavers.
func (c checker) warnConfig(p profile) {
	if c.cfg.Canary == "" {
		c.warn("no canary is configured: an account that lost a part of its rights is noticed late",
			"set canary to the DN of an entry that must always be readable, such as the bind account's own")
	}
	if c.rep.TLS == "none" && !strings.HasPrefix(c.rep.Server, "ldapi:") {
		c.warn("the connection is not encrypted: password and data travel readably", "use ldaps:// or StartTLS")
	}
	if !p.paging {
		c.warn("the server does not announce paged results, without which no read counts as complete", "switch them on at the server")
	}
	if p.disabledBy == byNothing {
		c.warn("nothing says who is disabled: only people who are gone from the directory will be deactivated",
			"set disabled_filter, for example (pwdAccountLockedTime=000001010000Z)")
	}
	for _, a := range c.cfg.People {
		if name := hidesDisabled(a.Filter); name != "" {
			c.warn(fmt.Sprintf("base %s: the filter tests %s: people who are disabled then look like people who are gone", a.Base, name),
				"take that test out of the filter: disabled people are recognised, and handled sooner and more safely")
		}
	}
}

// hidesDisabled returns the attribute by which a filter tells disabled people, or "".
func hidesDisabled(filter string) string {
	lower := strings.ToLower(filter)
	for _, name := range []string{"userAccountControl", "nsAccountLock", "accountExpires", "pwdAccountLockedTime", "loginDisabled", "shadowExpire"} {
		if strings.Contains(lower, strings.ToLower(name)) {
			return name
		}
	}
	return ""
}

// warnDeletedObjects finds out whether the account may see deleted entries, and else gives the commands that grant it.
func (c checker) warnDeletedObjects(ctx context.Context, s *session, p profile) {
	for _, root := range p.roots {
		dn := "CN=Deleted Objects," + root
		e, err := s.read(ctx, dn, "(objectClass=*)", []string{"objectGUID"}, ldapv3.NewControlMicrosoftShowDeleted())
		readable := err == nil && e != nil
		if readable {
			listed, err := s.any(ctx, dn, "(isDeleted=TRUE)", OneLevel, ldapv3.NewControlMicrosoftShowDeleted())
			if listed && err == nil {
				continue
			}
		}
		if s.dead() || ctx.Err() != nil {
			return
		}
		what := fmt.Sprintf("%s may not read %s", c.rep.Bound, dn)
		if readable {
			what = fmt.Sprintf("%s sees no entry in %s: nothing was deleted lately, or it may not list them", c.rep.Bound, dn)
		}
		c.warn(what+"; deletions are then seen only as absence, which takes two reads",
			fmt.Sprintf(`as a domain administrator: dsacls "%s" /takeownership, then dsacls "%s" /G "%s:LCRP"`, dn, dn, account(c.rep.Bound, c.cfg.Bind)))
	}
}

// account returns a name of the bind account that dsacls takes: DOMAIN\user or a user principal name.
func account(bound, bind string) string {
	if name, ok := strings.CutPrefix(bound, "u:"); ok && name != "" {
		return name
	}
	if _, err := normalDN(bind); err != nil || !strings.Contains(bind, "=") {
		return bind
	}
	return `DOMAIN\account`
}

// whoAmI asks the server who we are there (RFC 4532). Servers that do not know it leave what was sent.
func (s *session) whoAmI(bind string) string {
	var res *ldapv3.WhoAmIResult
	err := s.guard(func() (err error) {
		res, err = s.conn.WhoAmI(nil)
		return err
	})
	if err != nil || res.AuthzID == "" {
		return bind
	}
	return res.AuthzID
}
