package directory

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// String is r as it is told to others, who give it back to go on from there; the zero Rev is "".
func (r Rev) String() string {
	if r.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%d", r.Tx, r.Seq)
}

// ParseRev is the reverse of String.
func ParseRev(text string) (Rev, error) {
	if text == "" {
		return Rev{}, nil
	}
	tx, seq, ok := strings.Cut(text, ".")
	t, errT := strconv.ParseInt(tx, 10, 64)
	s, errS := strconv.ParseInt(seq, 10, 64)
	if r := (Rev{t, s}); ok && errT == nil && errS == nil && t >= 0 && s >= 0 && r.String() == text {
		return r, nil
	}
	return Rev{}, fmt.Errorf("%q is no place in the feed", text)
}

// Made returns when id was made, or the zero time for what is no ID.
func (id ID) Made() time.Time {
	b, err := base32hex.DecodeString(string(id))
	if err != nil || len(b) != len(uuid.UUID{}) {
		return time.Time{}
	}
	return time.UnixMilli(int64(b[0])<<40 | int64(b[1])<<32 | int64(b[2])<<24 | int64(b[3])<<16 | int64(b[4])<<8 | int64(b[5])).UTC()
}
