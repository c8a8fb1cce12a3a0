package demo

import (
	"strconv"
	"time"

	"muster/internal/source/ldap/ldaptest"
)

// entries returns the directory as entries, a parent before what is below it.
func (c *company) entries() []ldaptest.Entry {
	out := []ldaptest.Entry{
		ldaptest.NewEntry(baseDN, "objectClass", "domainDNS"),
		unit(peopleDN), unit(groupsDN), unit(serviceDN), unit("OU=Computers," + baseDN),
		service("muster", serviceDN, "Muster reads the directory as this account"),
		service("svc-backup", serviceDN, "a service account outside of the people's base"),
	}
	for _, city := range cities {
		out = append(out, unit("OU="+escapeRDN(city)+","+peopleDN))
	}
	out = append(out,
		service("svc-scanner", "OU="+cities[0]+","+peopleDN, "a service account among the people, in no group"),
		computer("LAPTOP-0042", "OU="+cities[0]+","+peopleDN), computer("SRV-WIKI", "OU=Computers,"+baseDN),
		ldaptest.NewEntry("CN=Parcel Service,OU="+cities[0]+","+peopleDN, "objectClass", "contact", "sn", "Service", "mail", "parcels@example.com"),
	)
	for _, p := range c.people {
		out = append(out, p.entry())
	}
	for i, g := range c.groups {
		e := ldaptest.NewEntry(g.dn(), "objectClass", "group", "sAMAccountName", g.name, "objectSid", sid(groupsRID+uint32(i)))
		if g.name == contractors {
			e.Set("objectSid", sid(contractorsRID))
		}
		if len(g.members) > 0 {
			e.Set("member", g.members...)
		}
		out = append(out, e)
	}
	return out
}

// ldif returns the directory as LDIF.
func (c *company) ldif() string { return writeLDIF(c.entries()) }

func unit(dn string) ldaptest.Entry {
	return ldaptest.NewEntry(dn, "objectClass", "organizationalUnit")
}

// demoPassword is the password of the account that Muster reads with. The directory is on loopback and holds nobody who lives.
const demoPassword = "reads-only"

func service(name, parent, what string) ldaptest.Entry {
	e := ldaptest.NewEntry("CN="+name+","+parent, "objectClass", "user", "sAMAccountName", name, "userPrincipalName", name+"@corp.example", "description", what)
	if "CN="+name+","+parent == canaryDN {
		e.Set("userPassword", demoPassword)
	}
	return e
}

func computer(name, parent string) ldaptest.Entry {
	return ldaptest.NewEntry("CN="+name+","+parent, "objectClass", "computer", "sAMAccountName", name+"$", "userAccountControl", "4096")
}

// entry returns a person as AD keeps them.
func (p *person) entry() ldaptest.Entry {
	flags := "512"
	if p.disabled {
		flags = "514"
	}
	e := ldaptest.NewEntry(p.dn(), "objectClass", "user", "sn", p.family, "givenName", p.given, "displayName", p.display,
		"sAMAccountName", p.login, "userPrincipalName", p.login+"@corp.example", "employeeID", strconv.Itoa(10000+p.number), "l", p.city,
		"userAccountControl", flags, "objectSid", sid(peopleRID+uint32(p.number)))
	for _, a := range [][2]string{{"mail", p.mail}, {"title", p.title}, {"department", p.team}} {
		if a[1] != "" {
			e.Set(a[0], a[1])
		}
	}
	if p.contractor {
		e.Set("primaryGroupID", strconv.Itoa(contractorsRID))
	}
	if !p.expires.IsZero() {
		e.Set("accountExpires", strconv.FormatInt(fileTime(p.expires), 10))
	}
	return e
}

// fileTime writes a time as AD does: in units of 100 ns since 1601.
func fileTime(t time.Time) int64 { return (t.Unix() + 11_644_473_600) * 10_000_000 }
