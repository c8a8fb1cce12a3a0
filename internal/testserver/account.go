package testserver

import (
	"encoding/binary"
	"fmt"
	"maps"
	"strconv"
	"time"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"
)

// AddOU adds an organizational unit below parent ("" = the domain) and returns its DN.
func (d *DomainController) AddOU(name, parent string) string {
	d.t.Helper()
	if parent == "" {
		parent = d.Base
	}
	dn := "OU=" + ldap.EscapeDN(name) + "," + parent
	d.Add(dn, map[string][]string{"objectClass": {"organizationalUnit"}})
	return dn
}

// AddUser adds an enabled person below parent ("" = CN=Users) with the password UserPassword, and returns the DN. The UPN is account@corp.example.
func (d *DomainController) AddUser(name, account, parent string, more map[string][]string) string {
	d.t.Helper()
	if parent == "" {
		parent = "CN=Users," + d.Base
	}
	dn := "CN=" + ldap.EscapeDN(name) + "," + parent
	attributes := map[string][]string{
		"objectClass": {"user"}, "sAMAccountName": {account}, "userPrincipalName": {account + "@corp.example"},
		"userAccountControl": {"512"}, "unicodePwd": {quotedUTF16(UserPassword)},
	}
	maps.Copy(attributes, more)
	d.Add(dn, attributes)
	return dn
}

// UserPassword is the password of everybody whom AddUser adds.
const UserPassword = "Sample-User-42"

// AddGroup adds a global security group below parent ("" = CN=Users) and returns its DN.
func (d *DomainController) AddGroup(name, parent string, members ...string) string {
	d.t.Helper()
	if parent == "" {
		parent = "CN=Users," + d.Base
	}
	dn := "CN=" + ldap.EscapeDN(name) + "," + parent
	attributes := map[string][]string{"objectClass": {"group"}, "sAMAccountName": {name}}
	if len(members) > 0 {
		attributes["member"] = members
	}
	d.Add(dn, attributes)
	return dn
}

// SetDisabled disables or enables an account: bit 2 of userAccountControl.
func (d *DomainController) SetDisabled(dn string, disabled bool) {
	d.t.Helper()
	flags, err := strconv.ParseInt(d.Entry(dn, "userAccountControl").GetAttributeValue("userAccountControl"), 10, 64)
	if err != nil {
		d.t.Fatalf("userAccountControl of %s: %v", dn, err)
	}
	flags &^= 2
	if disabled {
		flags |= 2
	}
	d.Replace(dn, "userAccountControl", strconv.FormatInt(flags, 10))
}

// SetExpiry makes an account expire; the zero time means never.
func (d *DomainController) SetExpiry(dn string, at time.Time) {
	d.t.Helper()
	value := "0"
	if !at.IsZero() {
		const epoch = 116444736000000000 // 1970 in units of 100 ns since 1601
		value = fmt.Sprint(epoch + at.UnixNano()/100)
	}
	d.Replace(dn, "accountExpires", value)
}

// quotedUTF16 is how AD wants a new password.
func quotedUTF16(password string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(`"` + password + `"`)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}
