package ldaptest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// GUID writes the 16 bytes of an objectGUID the way administrators read it. AD stores the first three groups with their bytes reversed.
func GUID(raw string) string {
	if len(raw) != 16 {
		return ""
	}
	b := []byte(raw)
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]), b[8:10], b[10:])
}

// rawGUID reads a GUID as it stands in a DN like <GUID=…>: with dashes in reading order, or 32 hexadecimal digits in stored order.
func rawGUID(text string) (string, bool) {
	dashed := strings.Count(text, "-") == 4 && len(text) == 36
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 || (!dashed && len(text) != 32) {
		return "", false
	}
	if dashed {
		b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
		b[4], b[5], b[6], b[7] = b[5], b[4], b[7], b[6]
	}
	return string(b), true
}

// newGUID makes the id of the n-th entry of a directory: the same one for the same seed, order and name.
func newGUID(seed string, n uint64, key string) [16]byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", seed, n, key))
	id := [16]byte(sum[:16])
	id[8] = id[8]&0x3f | 0x80
	return id
}

// objectGUID is an id as AD stores it: the version digit stands in the eighth byte.
func objectGUID(id [16]byte) string {
	id[7] = id[7]&0x0f | 0x40
	return string(id[:])
}

// entryUUID is an id as OpenLDAP shows it.
func entryUUID(id [16]byte) string {
	id[6] = id[6]&0x0f | 0x40
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// sid builds a binary security identifier S-1-5-parts….
func sid(parts ...uint32) string {
	b := []byte{1, byte(len(parts)), 0, 0, 0, 0, 0, 5}
	for _, part := range parts {
		b = binary.LittleEndian.AppendUint32(b, part)
	}
	return string(b)
}

// parseSID reads S-1-5-21-…, as AD accepts it in filters.
func parseSID(text string) (string, bool) {
	rest, ok := strings.CutPrefix(strings.ToUpper(text), "S-1-5-")
	if !ok {
		return "", false
	}
	var parts []uint32
	for field := range strings.SplitSeq(rest, "-") {
		var part uint32
		if _, err := fmt.Sscanf(field, "%d", &part); err != nil || len(parts) == 15 {
			return "", false
		}
		parts = append(parts, part)
	}
	return sid(parts...), true
}
