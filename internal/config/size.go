package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units are those of the sizes that people write. The last one fits every text.
var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"", 1}}

// size reads a number of bytes, 0 if there is none.
func (o object) size(key string) int64 {
	s, ok := o.scalar(key)
	if !ok {
		return 0
	}
	for _, u := range units {
		digits, is := strings.CutSuffix(s, u.name)
		if n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64); is && err == nil && n > 0 && n <= math.MaxInt64/u.bytes {
			return n * u.bytes
		}
	}
	o.wrong(key, fmt.Sprintf("%q is not a size", s), "a number with a unit: 500MB, 20GB")
	return 0
}
