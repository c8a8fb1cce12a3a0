package access

// Sealed completes the body of a token with its checksum.
func Sealed(body string) string { return body + "_" + checksum(body) }
