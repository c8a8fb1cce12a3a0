package docs

const aClient = "sources:\n  - {name: entra, type: scim"

// scimLevels describe sources that write to Muster.
var scimLevels = []level{
	{
		title: "A SCIM client", about: "An entry of `sources` with `type: scim`: an identity provider that writes to Muster. See [SCIM](scim.md).", probe: aClient + ", KEY: VALUE}\n",
		keys: []key{
			{"name", "its name, as for other sources", required},
			{"type", "`scim`", required},
			{"profile", "how the provider behaves; see [Profiles](scim.md#profiles)", "`standard`: RFC 7643 and 7644 to the letter"},
			{"on_delete", "what DELETE of a user does: `remove` ends the person, `deactivate` keeps them, deactivated", "`remove`"},
			{"tolerate", "departures from the standard that are allowed beside those of the profile: a list; see [Tolerances](scim.md#tolerances)", "none"},
			{"refuse", "departures of the profile that are not allowed after all: a list", "none"},
			{"accept", "attributes of the core schema that a closed profile takes besides its own: a list", "none"},
			{"extensions", "schema extensions of users: a list", "those of the profile"},
			{"requests_per_minute", "how many requests the provider may send; more are answered 429 with the time to wait. A second's worth, ten at least, may come at once", "as many as it likes"},
			{"attributes", "how the attributes of a person are computed from what the client states; see [Rules](#rules)", "`username`, `email`, `name`, `givenName`, `familyName` as SCIM has them, and `passwordNeverExpires` of the extension that has it"},
			{"group_attributes", "the same for groups", "`name`: `record.displayName`"},
			{"correlate", "rules that bind a user to a person of another source, once: a list. `person` is `username` or `email`", "none: a name that is taken is a conflict, or a [question](../how-to/provision-from-any-scim-client.md)"},
		},
	},
	{
		title: "A schema extension", about: "An entry of `extensions`.", probe: aClient + ", extensions: [{KEY: VALUE}]}\n",
		keys: []key{
			{"urn", "its URN", required},
			{"attributes", "its attributes: a list", required},
		},
	},
	{
		title: "An attribute of an extension", about: "An entry of `attributes` of an extension.", probe: aClient + ", extensions: [{urn: \"urn:x:y\", attributes: [{KEY: VALUE}]}]}\n",
		keys: []key{
			{"name", "its name; `a.b` is the sub-attribute `b` of `a`", required},
			{"type", "its type", "`string`"},
			{"multi", "it has several values", "`false`"},
			{"required", "users without it are refused", "`false`"},
		},
	},
}
