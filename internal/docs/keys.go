package docs

// A level is one mapping of the configuration file: where it stands, how a wrong key is put there, and what its keys mean.
type level struct {
	title string
	about string
	probe string // a file in which KEY stands for a key of this level
	keys  []key
}

// A key is one key of a level. Whether it is one, and what may stand there, is asked of package config.
type key struct {
	name    string
	meaning string
	absent  string // what holds when it is not there; "required"
}

const required = "required"

const aSource = "sources:\n  - {name: corp, type: ldap, servers: [\"ldaps://dc1.corp.example\"], bind: b, password: {env: P}, canary: c, people: {base: \"dc=example\"}"

const aTarget = aSource + "}\ntargets:\n  - name: wiki\n    type: scim\n    settings: {url: \"https://wiki.example\", token: {env: T}}\n"

const ofPeople = "    people:\n      attributes: {userName: person.username}\n"

var levels = []level{
	{
		title: "The file", probe: aSource + "}\nKEY: VALUE\n",
		keys: []key{
			{"sources", "where people and groups come from: a list", required},
			{"targets", "what is kept in step: a list", "none: sources are read, nothing is provisioned"},
			{"network", "what Muster may connect to beyond the public addresses", "public addresses only"},
			{"listen", "loopback address of the admin API besides its socket, with a port; `off` for none", "`127.0.0.1:8480`"},
			{"data", "the data folder; a relative path starts at the folder of the file", "`muster-data` in the working folder"},
			{"protected", "user names, emails or DNs of people whom nobody closes at any target, neither a run nor an order: emergency accounts, for example", "owners of this Muster, bind accounts and owners of tokens are protected in any case"},
			{"delete_by_token", "whether programs with tokens may delete people for good; the console and the command line on the machine itself always may", "`false`"},
			{"largest_load", "how large a file may be that is taken in to be loaded: a number with `MB` or `GB`", "`20GB`"},
			{"mail", "the mail server, for [invitations](../how-to/send-invitations.md)", "no mail is sent"},
			{"webhooks", "addresses that are told of changes: a list; see [Follow changes](../how-to/follow-changes.md)", "none"},
			{"passwords", "rules for passwords that people have here", "those that hold everywhere: 12 characters or more"},
			{"database", "address of a PostgreSQL database; with a password in it, only as `{env: NAME}` or `{file: path}`", "a SQLite file in the data folder"},
		},
	},
	{
		title: "network", probe: aSource + "}\nnetwork: {KEY: VALUE}\n",
		keys: []key{{"allow", "private addresses that targets may have: a list of addresses and ranges (`10.1.0.0/16`), or `loopback`", "none"}},
	},
	{
		title: "A source", about: "An entry of `sources`.", probe: aSource + ", KEY: VALUE}\n",
		keys: []key{
			{"name", "its name: lower-case letters, digits, `-` and `_`", required},
			{"type", "what kind of system it is: `ldap`, for Active Directory too; `scim` is described [below](#a-scim-client)", required},
			{"servers", "addresses (`ldaps://host`, `ldap://host:389`), tried in this order", required},
			{"starttls", "encrypt `ldap://` connections; if the server refuses, nothing is read", "`false`"},
			{"ca_file", "PEM file with the authorities that may vouch for the servers", "those of the system"},
			{"bind", "the account to read with: a DN or a user principal name", required},
			{"password", "its password: `{file: path}` or `{env: NAME}`; never in this file itself", required},
			{"canary", "DN of an entry that must be readable in every read; the bind account's own is a good one", "one entry of each base, and a warning"},
			{"people", "one search base, or a list of them", required},
			{"groups", "one search base, or a list of them", "no groups are read"},
			{"id_attribute", "attribute that identifies a person for ever", "by the kind of server: `objectGUID`, `entryUUID`, `nsUniqueId`"},
			{"disabled_filter", "LDAP filter that matches people who count as disabled", "by the kind of server: bit 2 of `userAccountControl`, `nsAccountLock`, none on OpenLDAP"},
			{"page_size", "entries asked for at a time, 1 to 100000", "`1000`"},
			{"references", "attributes of people that name other people by their DNs: a list; see [References](expressions.md#references)", "`manager`"},
			{"attributes", "how the attributes of a person are computed; see [Rules](#rules)", "see [Attributes without a rule](#attributes-without-a-rule)"},
			{"group_attributes", "the same for groups", "`name`: `record.cn`"},
			{"correlate", "rules that bind a record to a person of another source, once: a list", "none: each record is a person of its own"},
			{"every", "time between reads", "`5m`"},
		},
	},
	{
		title: "A search base", about: "`people` and `groups` of a source.",
		probe: "sources:\n  - {name: corp, type: ldap, servers: [\"ldaps://dc1.corp.example\"], bind: b, password: {env: P}, canary: c, people: {base: \"dc=example\", KEY: VALUE}}\n",
		keys: []key{
			{"base", "DN of the entry under which is searched", required},
			{"filter", "LDAP filter. Do not leave disabled people out: they would look like people who are gone", "by the kind of server; `muster source test` shows it"},
			{"scope", "`sub`: everything below; `one`: one level", "`sub`"},
		},
	},
	{
		title: "A correlation rule", about: "An entry of `correlate`. The first rule that finds exactly one person binds the record.", probe: aSource + ", correlate: [{KEY: VALUE}]}\n",
		keys: []key{
			{"person", "attribute of the person", required},
			{"expr", "expression over the record; its value must be equal", required},
		},
	},
	{
		title: "A target", about: "An entry of `targets`.", probe: aTarget + ofPeople + "    KEY: VALUE\n",
		keys: []key{
			{"name", "its name, as for sources", required},
			{"type", "what kind of service it is: `scim`", required},
			{"mode", "`observe` reads both sides and writes nothing; `pilot` writes only for the people in `pilot`; `live` writes. Left out, it is set with `muster target mode`", "`observe`"},
			{"token_owner", "user name, email or account id of whoever the token belongs to: nobody closes them, since without them nobody could be closed", "nobody is protected for it"},
			{"protected", "user names, emails or DNs of people, or ids or user names of accounts there, whom nobody closes at this target", "only who is protected everywhere"},
			{"pilot", "user names of the people to begin with: a list; or `{people: [olivia], group: cn=pilot,ou=groups,dc=example,dc=com, nested: true}`, the members of a group of a source, with `source` if several have one of that name", required + " with `mode: pilot`"},
			{"drift", "what becomes of changes that somebody makes there by hand: `repair` undoes them, `report` leaves them and tells (`muster drift`). Who must be closed is closed either way", "`repair`"},
			{"settings", "settings of the type: see [Settings of type scim](#settings-of-type-scim)", "those with a default"},
			{"people", "which people it receives, and what they look like there", required},
			{"groups", "the same for groups", "groups are left alone"},
		},
	},
	{
		title: "people of a target", probe: aTarget + "    people:\n      attributes: {userName: person.username}\n      KEY: VALUE\n",
		keys: []key{
			{"from", "which people: see [from](#from)", "everybody"},
			{"match", "attributes of the target by which existing accounts are found and linked, in this order", "`userName`"},
			{"create", "make accounts", "`true`"},
			{"update", "change accounts", "`true`"},
			{"when_removed", "what happens to the account of a person who left the scope, is disabled or gone", "`disable`"},
			{"provision_disabled", "also make accounts, disabled, of people who are disabled; needs `when_removed: disable`", "`false`"},
			{"attributes", "attributes of the target and how they are computed; see [Rules](#rules). `active` is not among them", required},
		},
	},
	{
		title: "groups of a target", probe: aTarget + ofPeople + "    groups:\n      attributes: {displayName: group.name}\n      KEY: VALUE\n",
		keys: []key{
			{"from", "which groups: see [from](#from)", "all groups"},
			{"match", "attributes by which existing groups are found and linked", "`displayName`"},
			{"create", "make groups", "`true`"},
			{"update", "change groups", "`true`"},
			{"when_removed", "what happens to a group that left the scope or is gone", "`nothing`"},
			{"attributes", "attributes of the group there; see [Rules](#rules)", required},
			{"memberships", "`overwrite`: members there become those of the source; `merge`: members are added, never removed", "`overwrite`"},
			{"nested", "members of groups within the group count as its members", "`false`"},
		},
	},
	{
		title: "from", about: "All that is set must hold.", probe: aTarget + "    people:\n      attributes: {userName: person.username}\n      from: {KEY: VALUE}\n",
		keys: []key{
			{"source", "only people with a record in this source", "any"},
			{"group", "only members of this group: its DN or name", "any"},
			{"nested", "members of groups within that group count", "`false`"},
			{"filter", "LDAP filter, evaluated by Muster on the record; `memberOf` is answered from the groups as read", "any"},
			{"if", "a condition: see [Expressions](expressions.md)", "any"},
		},
	},
	{
		title: "Rules", about: "A rule is an expression (`email: record.mail`), or a mapping with these keys. `expr`, `value` or `reference` must be there.",
		probe: aTarget + "    people:\n      attributes: {userName: person.username, title: {expr: person.title, KEY: VALUE}}\n",
		keys: []key{
			{"expr", "an expression: see [Expressions](expressions.md)", "`value`"},
			{"value", "a constant: one value or a list", "`expr`"},
			{"default", "what stands there when the expression yields nothing", "the attribute is cleared"},
			{"required", "people without a value wait, and nothing is done to them", "`false`"},
			{"reference", "an attribute that names a person: gives the account of that person there; see [References](expressions.md#references). People of targets only, and alone", "`expr`"},
			{"when", "`create`: only when the account is made; never changed later. Targets only", "`always`"},
		},
	},
}
