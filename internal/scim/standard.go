package scim

// commonAttributes are what every resource has (RFC 7643 §3.1). Discovery does not list them.
var commonAttributes = []Attribute{
	{Name: "schemas", Type: Reference, Multi: true, Returned: Always, Opaque: true},
	{Name: "id", CaseExact: true, Mutability: ReadOnly, Returned: Always, Uniqueness: ServerUnique},
	{Name: "externalId", CaseExact: true},
	{Name: "meta", Type: Complex, Mutability: ReadOnly, Sub: []Attribute{
		{Name: "resourceType", CaseExact: true, Mutability: ReadOnly},
		{Name: "created", Type: DateTime, Mutability: ReadOnly},
		{Name: "lastModified", Type: DateTime, Mutability: ReadOnly},
		{Name: "location", Type: Reference, Mutability: ReadOnly},
		{Name: "version", CaseExact: true, Mutability: ReadOnly},
	}},
}

// several returns the sub-attributes of a multi-valued attribute (RFC 7643 §2.4).
func several(value Attribute, types ...string) []Attribute {
	return []Attribute{
		value,
		{Name: "display", Description: "Name for people to read"},
		{Name: "type", Description: "What the value is for", Canonical: types},
		{Name: "primary", Type: Boolean, Description: "Whether this is the one to prefer; true at most once"},
	}
}

// StandardUser returns the user schema of RFC 7643 §4.1. There is no password in it: Muster keeps none that a client sends.
func StandardUser() *Schema {
	text := Attribute{Name: "value", Description: "The value"}
	link := Attribute{Name: "value", Type: Reference, Description: "Address of the picture", References: []string{"external"}, Opaque: true}
	return &Schema{URN: UserURN, Name: "User", Description: "A person", Attributes: []Attribute{
		{Name: "userName", Required: true, Uniqueness: ServerUnique, Description: "The name by which the person is known; unique, case aside"},
		{Name: "name", Type: Complex, Description: "The parts of the name", Sub: []Attribute{
			{Name: "formatted", Description: "The whole name"},
			{Name: "familyName", Description: "Family name"},
			{Name: "givenName", Description: "Given name"},
			{Name: "middleName", Description: "Middle names"},
			{Name: "honorificPrefix", Description: "Title before the name"},
			{Name: "honorificSuffix", Description: "What follows the name"},
		}},
		{Name: "displayName", Description: "The name shown to others"},
		{Name: "nickName", Description: "The casual name"},
		{Name: "profileUrl", Type: Reference, References: []string{"external"}, Description: "Address of a page about the person"},
		{Name: "title", Description: "Position, such as Vice President"},
		{Name: "userType", Description: "Relation to the organization, such as Employee"},
		{Name: "preferredLanguage", Description: "Language to write to the person in"},
		{Name: "locale", Description: "Where the person is, for formats"},
		{Name: "timezone", Description: "Time zone, such as Europe/Zurich"},
		{Name: "active", Type: Boolean, Description: "Whether the person may sign in; true if left out"},
		{Name: "emails", Type: Complex, Multi: true, Description: "Mail addresses", Sub: several(text, "work", "home", "other")},
		{Name: "phoneNumbers", Type: Complex, Multi: true, Description: "Telephone numbers", Sub: several(text, "work", "home", "mobile", "fax", "pager", "other")},
		{Name: "ims", Type: Complex, Multi: true, Description: "Addresses for messages", Sub: several(text)},
		{Name: "photos", Type: Complex, Multi: true, Description: "Pictures", Sub: several(link, "photo", "thumbnail")},
		{Name: "addresses", Type: Complex, Multi: true, Description: "Postal addresses", Sub: []Attribute{
			{Name: "formatted", Description: "The whole address"},
			{Name: "streetAddress", Description: "Street and number"},
			{Name: "locality", Description: "City"},
			{Name: "region", Description: "State or region"},
			{Name: "postalCode", Description: "Postal code"},
			{Name: "country", Description: "Country"},
			{Name: "type", Description: "What the address is for", Canonical: []string{"work", "home", "other"}},
			{Name: "primary", Type: Boolean, Description: "Whether this is the one to prefer; true at most once"},
		}},
		{Name: "groups", Type: Complex, Multi: true, Mutability: ReadOnly, Description: "The groups the person is in", Sub: []Attribute{
			{Name: "value", CaseExact: true, Mutability: ReadOnly, Description: "Id of the group"},
			{Name: "$ref", Type: Reference, Mutability: ReadOnly, References: []string{"Group"}, Description: "Address of the group"},
			{Name: "display", Mutability: ReadOnly, Description: "Name of the group"},
			{Name: "type", Mutability: ReadOnly, Canonical: []string{"direct", "indirect"}, Description: "Whether through another group"},
		}},
		{Name: "entitlements", Type: Complex, Multi: true, Description: "What the person is entitled to elsewhere; it gives no rights here", Sub: several(text)},
		{Name: "roles", Type: Complex, Multi: true, Description: "Roles of the person elsewhere; they give no rights here", Sub: several(text)},
		{Name: "x509Certificates", Type: Complex, Multi: true, Description: "Certificates", Sub: several(Attribute{Name: "value", Type: Binary, Opaque: true, Description: "DER, in base64"})},
	}}
}

// EnterpriseUser returns the extension of RFC 7643 §4.3.
func EnterpriseUser() *Schema {
	return &Schema{URN: EnterpriseURN, Name: "EnterpriseUser", Description: "A person in an organization", Attributes: []Attribute{
		{Name: "employeeNumber", Description: "Number given by the organization"},
		{Name: "costCenter", Description: "Cost center"},
		{Name: "organization", Description: "Organization"},
		{Name: "division", Description: "Division"},
		{Name: "department", Description: "Department"},
		{Name: "manager", Type: Complex, Description: "The person's manager", Sub: []Attribute{
			{Name: "value", CaseExact: true, Description: "Id of the manager"},
			{Name: "$ref", Type: Reference, References: []string{"User"}, Opaque: true, Description: "Address of the manager"},
			{Name: "displayName", Description: "Name of the manager"},
		}},
	}}
}

// StandardGroup returns the group schema of RFC 7643 §4.2, with its errata: displayName is required, members have a display.
func StandardGroup() *Schema {
	return &Schema{URN: GroupURN, Name: "Group", Description: "A group of people and groups", Attributes: []Attribute{
		{Name: "displayName", Required: true, Uniqueness: ServerUnique, Description: "The name of the group; unique, case aside"},
		{Name: "members", Type: Complex, Multi: true, Description: "Who is in the group", Sub: []Attribute{
			{Name: "value", CaseExact: true, Mutability: Immutable, Description: "Id of the member"},
			{Name: "$ref", Type: Reference, Mutability: Immutable, References: []string{"User", "Group"}, Opaque: true, Description: "Address of the member"},
			{Name: "type", Mutability: Immutable, Canonical: []string{"User", "Group"}, Description: "What the member is"},
			{Name: "display", Mutability: ReadOnly, Description: "Name of the member"},
		}},
	}}
}
