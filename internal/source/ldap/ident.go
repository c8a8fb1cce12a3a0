package ldap

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// decodeGUID renders the 16 bytes of an objectGUID as Windows does: the first three groups are little-endian ([MS-DTYP] §2.3.4).
func decodeGUID(b []byte) (string, error) {
	if len(b) != 16 {
		return "", fmt.Errorf("a GUID has 16 bytes, not %d", len(b))
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]),
		b[8:10], b[10:]), nil
}

// encodeGUID is the inverse of decodeGUID.
func encodeGUID(s string) ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 || len(s) != 36 {
		return nil, fmt.Errorf("%q is not a GUID", s)
	}
	binary.LittleEndian.PutUint32(b, binary.BigEndian.Uint32(b))
	binary.LittleEndian.PutUint16(b[4:], binary.BigEndian.Uint16(b[4:]))
	binary.LittleEndian.PutUint16(b[6:], binary.BigEndian.Uint16(b[6:]))
	return b, nil
}

// decodeSID renders an objectSid as S-1-… ([MS-DTYP] §2.4.2).
func decodeSID(b []byte) (string, error) {
	if len(b) < 8 || b[0] != 1 || len(b) != 8+4*int(b[1]) {
		return "", errors.New("not a security identifier")
	}
	var authority uint64
	for _, c := range b[2:8] {
		authority = authority<<8 | uint64(c)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "S-1-%d", authority)
	for i := 8; i < len(b); i += 4 {
		fmt.Fprintf(&s, "-%d", binary.LittleEndian.Uint32(b[i:]))
	}
	return s.String(), nil
}

// primaryGroupSID returns the SID of a person's primary group: the domain of their own SID with the RID of primaryGroupID.
func primaryGroupSID(userSID, primaryGroupID string) (string, error) {
	i := strings.LastIndexByte(userSID, '-')
	if _, err := strconv.ParseUint(primaryGroupID, 10, 32); err != nil || i < len("S-1-") {
		return "", fmt.Errorf("no primary group from SID %q and RID %q", userSID, primaryGroupID)
	}
	return userSID[:i+1] + primaryGroupID, nil
}

// binaryKind says how a binary attribute is rendered. name is in lower case, without options.
func binaryKind(name string) string {
	switch name {
	case "objectguid", "ms-ds-consistencyguid", "msexchmailboxguid", "parentguid":
		return "guid"
	case "objectsid", "sidhistory":
		return "sid"
	case "jpegphoto", "photo", "thumbnailphoto", "thumbnaillogo", "audio", "usercertificate", "usersmimecertificate", "cacertificate", "logonhours",
		"userpassword", "unicodepwd", "replpropertymetadata", "msds-replattributemetadata", "userparameters", "dnsrecord":
		return "drop"
	}
	return ""
}

// textValue renders one raw value of the attribute name (lower case) as text, or reports that it has none.
func textValue(name string, raw []byte) (string, bool) {
	base, options, _ := strings.Cut(name, ";")
	switch binaryKind(base) {
	case "guid":
		s, err := decodeGUID(raw)
		return s, err == nil
	case "sid":
		s, err := decodeSID(raw)
		return s, err == nil
	case "drop":
		return "", false
	}
	if options == "binary" || !isText(raw) {
		return "", false
	}
	return string(raw), true
}

func isText(raw []byte) bool {
	for _, c := range raw {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(raw)
}

// hexKey marks keys made from ID attributes that are binary and of no known form.
const hexKey = "hex:"

// keyOf returns the key that an entry bears in its ID attribute.
func keyOf(e *ldapv3.Entry, attribute string) (source.Key, error) {
	raw := e.GetEqualFoldRawAttributeValues(attribute)
	switch {
	case len(raw) == 0 || len(raw) == 1 && len(raw[0]) == 0:
		return "", fmt.Errorf("the entry %s shows no %s", e.DN, attribute)
	case len(raw) > 1:
		return "", fmt.Errorf("the entry %s has %d values of %s", e.DN, len(raw), attribute)
	}
	if text, ok := textValue(strings.ToLower(attribute), raw[0]); ok {
		return source.Key(text), nil
	}
	if binaryKind(strings.ToLower(attribute)) != "" {
		return "", fmt.Errorf("the entry %s has an unreadable %s", e.DN, attribute)
	}
	return source.Key(hexKey + hex.EncodeToString(raw[0])), nil
}

// keyFilter returns the filter that finds the entry of a key: the inverse of keyOf.
func keyFilter(attribute string, key source.Key) (string, error) {
	switch binaryKind(strings.ToLower(attribute)) {
	case "guid":
		b, err := encodeGUID(string(key))
		if err != nil {
			return "", err
		}
		return "(" + attribute + "=" + escapeBytes(b) + ")", nil
	case "sid":
		return "(" + attribute + "=" + ldapv3.EscapeFilter(string(key)) + ")", nil // AD compares with the text form too
	}
	if h, ok := strings.CutPrefix(string(key), hexKey); ok {
		if b, err := hex.DecodeString(h); err == nil {
			return "(" + attribute + "=" + escapeBytes(b) + ")", nil
		}
	}
	return "(" + attribute + "=" + ldapv3.EscapeFilter(string(key)) + ")", nil
}

// escapeBytes writes every byte as \xx (RFC 4515 §3).
func escapeBytes(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, `\%02x`, c)
	}
	return s.String()
}
