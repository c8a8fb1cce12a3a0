package ldap

import (
	"testing"

	ldapv3 "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

func TestKindOfServer(t *testing.T) {
	tests := []struct {
		want, id, disabledBy string
		rootDSE              map[string][]string
	}{
		{kindAD, "objectGUID", byAccountControl, map[string][]string{"supportedCapabilities": {"1.2.840.113556.1.4.1670", capabilityAD}}},
		{kindOpenLDAP, "entryUUID", byNothing, map[string][]string{"objectClass": {"top", "openldapRootDSE"}}},
		{kind389, "nsUniqueId", byAccountLock, map[string][]string{"vendorName": {"389 Project"}, "vendorVersion": {"389-Directory/2.3.1"}}},
		{kindOther, "entryUUID", byNothing, map[string][]string{"vendorName": {"Apache Software Foundation"}}},
		{kindOther, "entryUUID", byNothing, nil},
	}
	for _, tt := range tests {
		kind := kindOf(ldapv3.NewEntry("", tt.rootDSE))
		if p := defaults(kind); kind != tt.want || p.nativeID != tt.id || p.disabledBy != tt.disabledBy {
			t.Errorf("%v is %s with %s and %q, want %s with %s and %q", tt.rootDSE, kind, p.nativeID, p.disabledBy, tt.want, tt.id, tt.disabledBy)
		}
	}
}

func TestNamingRoots(t *testing.T) {
	p := profile{contexts: []string{"", "DC=corp,DC=example", "DC=emea,DC=corp,DC=example", "CN=Configuration,DC=corp,DC=example"}}
	cfg := Config{
		People: []Area{{DN: "ou=people,dc=CORP,dc=example"}, {DN: "OU=Sales, DC=emea,DC=corp,DC=example"}},
		Groups: []Area{{DN: "OU=Groups,DC=corp,DC=example"}, {DN: "DC=other"}},
	}
	if d := cmp.Diff([]string{"DC=corp,DC=example", "DC=emea,DC=corp,DC=example"}, p.namingRoots(cfg)); d != "" {
		t.Errorf("roots (-want +got):\n%s", d)
	}
	cfg.NamingRoot = "O=given"
	if d := cmp.Diff([]string{"O=given"}, p.namingRoots(cfg)); d != "" {
		t.Errorf("roots (-want +got):\n%s", d)
	}
}

func TestReferencesToPartitionsWithoutPeople(t *testing.T) {
	ad := profile{kind: kindAD, config: "CN=Configuration,DC=corp,DC=example", contexts: []string{"DC=corp,DC=example"}}
	tests := map[string]bool{
		"ldap://corp.example/CN=Configuration,DC=corp,DC=example":                           true,
		"ldap://corp.example/CN=Schema,CN=Configuration,DC=corp,DC=example??base":           true,
		"ldap://DomainDnsZones.corp.example/DC=DomainDnsZones,DC=corp,DC=example":           true,
		"ldaps://ForestDnsZones.corp.example:636/DC=ForestDnsZones,DC=corp,DC=example??sub": true,
		"ldap://emea.corp.example/DC=emea,DC=corp,DC=example":                               false,
		"ldap://x.example/DC=DomainDnsZones,DC=other,DC=example":                            false,
		"ldap://corp.example/":    false,
		"ldap://corp.example/%zz": false,
		"":                        false,
	}
	for reference, want := range tests {
		if got := ad.isEmptyPartition(reference); got != want {
			t.Errorf("isEmptyPartition(%q) = %v, want %v", reference, got, want)
		}
	}
	if (profile{kind: kindOpenLDAP, config: ad.config}).isEmptyPartition("ldap://corp.example/CN=Configuration,DC=corp,DC=example") {
		t.Error("a server that is not Active Directory has no such partitions")
	}
}

func TestFiltersThatHideTheDisabled(t *testing.T) {
	for filter, want := range map[string]string{
		"(&(objectClass=user)(!(useraccountcontrol:1.2.840.113556.1.4.803:=2)))": "userAccountControl",
		"(!(nsAccountLock=true))": "nsAccountLock", "(accountExpires=0)": "accountExpires", "(uid=*)": "", "": "",
	} {
		if got := hidesDisabled(filter); got != want {
			t.Errorf("hidesDisabled(%s) = %q, want %q", filter, got, want)
		}
	}
}

func TestAccountForTheGrant(t *testing.T) {
	for _, tt := range []struct{ bound, bind, want string }{
		{`u:CORP\muster`, "muster@corp.example", `CORP\muster`},
		{"muster@corp.example", "muster@corp.example", "muster@corp.example"},
		{"CN=muster,DC=corp", "CN=muster,DC=corp", `DOMAIN\account`},
	} {
		if got := account(tt.bound, tt.bind); got != tt.want {
			t.Errorf("account(%q, %q) = %q, want %q", tt.bound, tt.bind, got, tt.want)
		}
	}
}
