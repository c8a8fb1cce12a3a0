package access

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"

	"muster/internal/secret"
)

// Secrets of tokens are 32 random bytes: a plain digest of them can be stored.
const (
	tokenKind  = "pat"
	idLength   = 8
	keyLength  = 43
	digits     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	tokenParts = 5
)

// newToken returns the parts of a new token: muster_<kind>_<id>_<secret>_<crc32 of all before it>. Scanners for leaked secrets find it by its shape.
func newToken() (id string, text secret.String) {
	id = base62(6, idLength)
	body := "muster_" + tokenKind + "_" + id + "_" + base62(32, keyLength)
	return id, secret.New(body + "_" + checksum(body))
}

// base62 returns n random bytes as base-62 digits, padded to width.
func base62(n, width int) string {
	b := make([]byte, n)
	rand.Read(b)
	v := new(big.Int).SetBytes(b)
	out := make([]byte, width)
	base, rest := big.NewInt(int64(len(digits))), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		v.DivMod(v, base, rest)
		out[i] = digits[rest.Int64()]
	}
	return string(out)
}

func checksum(s string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))) }

// parseToken returns the id in a token, or false for what cannot be one: then no store needs to be asked.
func parseToken(text string) (id string, ok bool) {
	p := strings.Split(text, "_")
	if len(p) != tokenParts || p[0] != "muster" || p[1] != tokenKind || len(p[2]) != idLength || len(p[3]) != keyLength {
		return "", false
	}
	for _, part := range p[2:4] {
		if strings.Trim(part, digits) != "" {
			return "", false
		}
	}
	body := strings.Join(p[:4], "_")
	return p[2], p[4] == checksum(body)
}

func digest(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}
