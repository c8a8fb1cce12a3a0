package ldap

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGUIDInWindowsByteOrder(t *testing.T) {
	raw := unhex(t, "000e653c 6770 6143 afb1 9d72133a816a")
	const text = "3c650e00-7067-4361-afb1-9d72133a816a"
	if got, err := decodeGUID(raw); got != text || err != nil {
		t.Errorf("decodeGUID: %q, %v, want %q", got, err, text)
	}
	if got, err := encodeGUID(text); string(got) != string(raw) || err != nil {
		t.Errorf("encodeGUID: %x, %v, want %x", got, err, raw)
	}
	for _, bad := range []string{"", "3c650e00", text + "00", "zc650e00-7067-4361-afb1-9d72133a816a", "3c650e0070674361afb19d72133a816a"} {
		if got, err := encodeGUID(bad); err == nil {
			t.Errorf("encodeGUID(%q) = %x, want an error", bad, got)
		}
	}
	if _, err := decodeGUID(raw[:15]); err == nil {
		t.Error("a GUID of 15 bytes was decoded")
	}
}

func FuzzGUID(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := decodeGUID(raw)
		if err != nil {
			return
		}
		if back, err := encodeGUID(text); err != nil || string(back) != string(raw) {
			t.Errorf("%x → %s → %x, %v", raw, text, back, err)
		}
	})
}

func TestSIDAndPrimaryGroup(t *testing.T) {
	raw := unhex(t, "01 05 000000000005 15000000 01000000 02000000 ffffffff 51040000")
	sid, err := decodeSID(raw)
	if want := "S-1-5-21-1-2-4294967295-1105"; sid != want || err != nil {
		t.Fatalf("decodeSID: %q, %v, want %q", sid, err, want)
	}
	tests := []struct{ sid, rid, want string }{
		{sid, "513", "S-1-5-21-1-2-4294967295-513"},
		{sid, "", ""},
		{sid, "-5", ""},
		{sid, "4294967296", ""},
		{"", "513", ""},
	}
	for _, tt := range tests {
		if got, err := primaryGroupSID(tt.sid, tt.rid); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("primaryGroupSID(%q, %q) = %q, %v, want %q", tt.sid, tt.rid, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "01", "0105000000000005", "0201000000000005 15000000", "0101000000000005 1500000000"} {
		if got, err := decodeSID(unhex(t, bad)); err == nil {
			t.Errorf("decodeSID(%s) = %q, want an error", bad, got)
		}
	}
}

func TestAccountExpires(t *testing.T) {
	tests := []struct {
		in   string
		want time.Time
		ok   bool
	}{
		{"0", time.Time{}, true},
		{"9223372036854775807", time.Time{}, true},
		{"116444736000000000", time.Unix(0, 0).UTC(), true},
		{"133801632000000000", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{"133801632000000001", time.Date(2025, 1, 1, 0, 0, 0, 100, time.UTC), true},
		{"1", time.Date(1601, 1, 1, 0, 0, 0, 100, time.UTC), true},
		{"9223372036854775806", time.Date(30828, 9, 14, 2, 48, 5, 477580600, time.UTC), true},
		{"-1", time.Time{}, false},
		{"", time.Time{}, false},
		{"never", time.Time{}, false},
		{"9223372036854775808", time.Time{}, false},
	}
	for _, tt := range tests {
		got, err := parseFileTime(tt.in)
		if !got.Equal(tt.want) || (err == nil) != tt.ok {
			t.Errorf("parseFileTime(%q) = %v, %v, want %v, ok %v", tt.in, got, err, tt.want, tt.ok)
		}
	}
}

func TestKeysAndTheirFilters(t *testing.T) {
	guid := string(unhex(t, "000e653c677061 43afb19d72133a816a"))
	tests := []struct {
		attribute, value string
		key              source.Key
		filter           string
	}{
		{"objectGUID", guid, "3c650e00-7067-4361-afb1-9d72133a816a", `(objectGUID=\00\0e\65\3c\67\70\61\43\af\b1\9d\72\13\3a\81\6a)`},
		{"OBJECTGUID", guid, "3c650e00-7067-4361-afb1-9d72133a816a", `(OBJECTGUID=\00\0e\65\3c\67\70\61\43\af\b1\9d\72\13\3a\81\6a)`},
		{"entryUUID", "a-1", "a-1", "(entryUUID=a-1)"},
		{"employeeNumber", "7*)(x", "7*)(x", `(employeeNumber=7\2a\29\28x)`},
		{"GUID", "\x00\xff", "hex:00ff", `(GUID=\00\ff)`},
	}
	for _, tt := range tests {
		e := ldapv3.NewEntry("cn=x", map[string][]string{tt.attribute: {tt.value}})
		key, err := keyOf(e, tt.attribute)
		if key != tt.key || err != nil {
			t.Errorf("keyOf %s: %q, %v, want %q", tt.attribute, key, err, tt.key)
		}
		if filter, err := keyFilter(tt.attribute, key); filter != tt.filter || err != nil {
			t.Errorf("keyFilter %s: %s, %v, want %s", tt.attribute, filter, err, tt.filter)
		}
	}
	for name, values := range map[string][]string{"none": nil, "empty": {""}, "two": {"a", "b"}} {
		if key, err := keyOf(ldapv3.NewEntry("cn=x", map[string][]string{"uid": values}), "uid"); err == nil {
			t.Errorf("%s values: key %q, want an error", name, key)
		}
	}
	if _, err := keyFilter("objectGUID", "not a GUID"); err == nil {
		t.Error("a key that is no GUID got a filter")
	}
}

func TestValuesAsText(t *testing.T) {
	tests := []struct {
		name, raw, want string
		ok              bool
	}{
		{"cn", "Zoë Ångström", "Zoë Ångström", true},
		{"cn;lang-sv", "Zoë", "Zoë", true},
		{"description", "two\nlines", "two\nlines", true},
		{"custom", "\xff\xfe", "", false},
		{"custom", "a\x00b", "", false},
		{"jpegphoto", "looks like text", "", false},
		{"usercertificate;binary", "text", "", false},
		{"custom;binary", "text", "", false},
		{"objectsid", "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", "S-1-5-18", true},
		{"objectguid", "short", "", false},
	}
	for _, tt := range tests {
		if got, ok := textValue(tt.name, []byte(tt.raw)); got != tt.want || ok != tt.ok {
			t.Errorf("textValue(%s, %q) = %q, %v, want %q, %v", tt.name, tt.raw, got, ok, tt.want, tt.ok)
		}
	}
}

func TestStandingOfAnAccount(t *testing.T) {
	ad := defaults(kindAD)
	tests := []struct {
		name     string
		p        profile
		attrs    map[string][]string
		disabled bool
		expires  bool
		unknown  bool
	}{
		{"enabled", ad, map[string][]string{"userAccountControl": {"512"}, "accountExpires": {"0"}}, false, false, false},
		{"expiry missing", ad, map[string][]string{"userAccountControl": {"512"}}, false, false, true},
		{"disabled", ad, map[string][]string{"userAccountControl": {"514"}}, true, false, false},
		{"disabled, more bits, other case", ad, map[string][]string{"useraccountcontrol": {"66050"}}, true, false, false},
		{"negative number with the bit", ad, map[string][]string{"userAccountControl": {"-2147483646"}}, true, false, false},
		{"expires", ad, map[string][]string{"userAccountControl": {"512"}, "accountExpires": {"133801632000000000"}}, false, true, false},
		{"flag missing", ad, map[string][]string{"objectClass": {"top", "user"}}, false, false, true},
		{"flag missing, classes too", ad, nil, false, false, true},
		{"flag unreadable", ad, map[string][]string{"userAccountControl": {"x"}}, false, false, true},
		{"expiry unreadable", ad, map[string][]string{"userAccountControl": {"512"}, "accountExpires": {"x"}}, false, false, true},
		{"a contact has no flag", ad, map[string][]string{"objectClass": {"top", "contact"}}, false, false, false},
		{"locked", defaults(kind389), map[string][]string{"nsAccountLock": {"TRUE"}}, true, false, false},
		{"not locked", defaults(kind389), nil, false, false, false},
		{"no mark", defaults(kindOpenLDAP), map[string][]string{"userAccountControl": {"514"}, "accountExpires": {"1"}}, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := tt.p.standingOf(ldapv3.NewEntry("cn=x", tt.attrs))
			if s.disabled != tt.disabled || s.expires.IsZero() == tt.expires || (err != nil) != tt.unknown {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func TestParseRange(t *testing.T) {
	tests := []struct {
		in, name   string
		start, end int
		last, none bool
	}{
		{"member", "member", 0, 0, false, true},
		{"member;range=0-1499", "member", 0, 1499, false, false},
		{"Member;Range=24000-*", "member", 24000, -1, true, false},
		{"member;x;range=1500-2999", "member", 1500, 2999, false, false},
		{"member;range=", "member", -1, -1, false, false},
		{"member;range=5", "member", -1, -1, false, false},
		{"member;range=9-5", "member", -1, -1, false, false},
		{"member;range=-*", "member", -1, -1, false, false},
		{"member;range=99999999999999999999-*", "member", -1, -1, false, false},
	}
	for _, tt := range tests {
		name, v := parseRange(tt.in)
		if name != tt.name || (v == nil) != tt.none || v != nil && (v.start != tt.start || v.end != tt.end || v.last != tt.last) {
			t.Errorf("parseRange(%q) = %q, %+v", tt.in, name, v)
		}
	}
}
