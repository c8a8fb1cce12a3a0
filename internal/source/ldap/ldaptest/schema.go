package ldaptest

import "strings"

// A syntax says how the values of an attribute compare.
type syntax uint8

const (
	syntaxText   syntax = iota // without regard to case and repeated spaces; numbers by value when ordered
	syntaxExact                // as bytes
	syntaxDN                   // as DNs
	syntaxSecret               // never shown, never matched
)

var syntaxes = map[string]syntax{
	"objectguid": syntaxExact, "objectsid": syntaxExact, "sidhistory": syntaxExact, "invocationid": syntaxExact, "jpegphoto": syntaxExact,
	"thumbnailphoto": syntaxExact, "usercertificate": syntaxExact, "memberuid": syntaxExact,
	"member": syntaxDN, "uniquemember": syntaxDN, "memberof": syntaxDN, "manager": syntaxDN, "owner": syntaxDN, "managedby": syntaxDN, "seealso": syntaxDN,
	"secretary": syntaxDN, "distinguishedname": syntaxDN, "entrydn": syntaxDN, "objectcategory": syntaxDN, "lastknownparent": syntaxDN,
	"userpassword": syntaxSecret, "unicodepwd": syntaxSecret,
}

func syntaxOf(key string) syntax { return syntaxes[key] }

// linked attributes name other entries, and follow them when they are renamed, moved or deleted. True: the target shows the entry in its memberOf.
var linked = map[string]bool{"member": true, "uniquemember": true, "manager": false, "owner": false, "managedby": false, "secretary": false}

// superclass is the part of the schema that filters on objectClass need.
var superclass = map[string]string{
	"person": "top", "organizationalperson": "person", "inetorgperson": "organizationalPerson", "user": "organizationalPerson", "computer": "user",
	"contact": "organizationalPerson", "group": "top", "groupofnames": "top", "groupofuniquenames": "top", "posixgroup": "top", "posixaccount": "top",
	"organizationalunit": "top", "organization": "top", "container": "top", "domain": "top", "domaindns": "domain", "builtindomain": "top",
	"configuration": "top", "site": "top", "server": "top", "ntdsdsa": "top",
}

// isA reports whether a class is another one or derives from it. Both are in any case.
func isA(class, ancestor string) bool {
	for ; class != ""; class = superclass[strings.ToLower(class)] {
		if strings.EqualFold(class, ancestor) {
			return true
		}
	}
	return false
}

// classChain returns a class after all it derives from, as AD lists them.
func classChain(class string) []string {
	if above := superclass[strings.ToLower(class)]; above != "" {
		return append(classChain(above), class)
	}
	return []string{class}
}

// categories maps a class to the relative name of its objectCategory where the two differ.
var categories = map[string]string{
	"user": "Person", "inetorgperson": "Person", "contact": "Person", "organizationalperson": "Person", "person": "Person", "group": "Group",
	"computer": "Computer", "organizationalunit": "Organizational-Unit", "container": "Container", "domaindns": "Domain-DNS", "domain": "Domain",
	"ntdsdsa": "NTDS-DSA", "site": "Site", "server": "Server", "configuration": "Configuration",
}

// categoryOf returns the objectCategory DN of a class.
func categoryOf(class, base string) string {
	name := categories[strings.ToLower(class)]
	if name == "" {
		name = class
	}
	return "CN=" + name + ",CN=Schema,CN=Configuration," + base
}
