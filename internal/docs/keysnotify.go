package docs

const aMail = "mail: {server: smtp.example.com, from: muster@example.com, url: \"https://muster.example.com\""

// notifyLevels describe how people and programs are told of what happened.
var notifyLevels = []level{
	{
		title: "mail", probe: aMail + ", KEY: VALUE}\n",
		keys: []key{
			{"server", "its name, with a port if it is not the usual one: `smtp.example.com:587`. A private address must stand in `network.allow`", required},
			{"tls", "`starttls`: encrypted from the first command on, and not spoken to if it offers that not; `tls`: from the first byte; `none`: only for a server on this machine", "`starttls`"},
			{"ca_file", "PEM file with the authorities that may vouch for the server", "those of the system"},
			{"user", "who signs in there", "it asks for nobody"},
			{"password", "their password: `{file: path}` or `{env: NAME}`", required + " with `user`"},
			{"from", "the sender: `Muster <muster@example.com>`", required},
			{"url", "where people reach this Muster, by https: links in mails begin with it", required + ", unless `invitation.link` says where to"},
			{"invitation", "the mail by which people choose a password", "the usual one"},
		},
	},
	{
		title: "mail.invitation", about: "`{name}`, `{username}`, `{link}` and `{expires}` in subject and text are filled in. The HTML of the mail is made of the text.", probe: aMail + ", invitation: {KEY: VALUE}}\n",
		keys: []key{
			{"subject", "its subject", "`Choose your password`"},
			{"text", "its text, with `{link}` in it", "an English one"},
			{"link", "where the link leads, with `{token}` in it: a page of yours, in place of that of the console", "`url` and `/console/invitation?token={token}`"},
			{"expires", "how long the link works, 10 minutes to 90 days", "`168h`: seven days"},
		},
	},
	{
		title: "A webhook", about: "An entry of `webhooks`.", probe: "webhooks: [{name: intranet, url: \"https://intranet.example.com\", secret: {env: K}, KEY: VALUE}]\n",
		keys: []key{
			{"name", "its name, as for sources", required},
			{"url", "where deliveries are sent to, by https. A private address must stand in `network.allow`", required},
			{"secret", "what deliveries are signed with, 24 bytes or more, or base64 behind `whsec_`: `{file: path}` or `{env: NAME}`", required},
			{"old_secret", "a second one to sign with, while the two are exchanged", "none"},
			{"events", "what it is told of: a list of types (`person.deactivated`), or of the parts before their dots (`person`, `group`, `membership`)", "everything"},
			{"from", "`now`: a new webhook is told of what changes from then on; `beginning`: of everybody who is there, too", "`now`"},
		},
	},
	{
		title: "passwords", probe: "passwords: {KEY: VALUE}\n",
		keys: []key{{"expire", "how old a password may become before another must be chosen: `2160h` are 90 days. People with `passwordNeverExpires` are exempt", "passwords do not expire"}},
	},
}
