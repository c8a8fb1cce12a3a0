package access

// Sealed completes the body of a token with its checksum.
func Sealed(body string) string { return body + "_" + checksum(body) }

// Cheap makes new passwords cost next to nothing.
func Cheap() { usual, bulk = cost{memory: 64, time: 3}, cost{memory: 32, time: 2} }

// Usual reports whether a hash cost what new ones do.
func Usual(hash string) bool { c, _ := costOf(hash); return c == usual }

// Busy takes every place at which passwords are looked at, until the function that it returns is called.
func Busy() (free func()) {
	for range atOnce {
		hashing <- struct{}{}
	}
	return func() {
		for range atOnce {
			<-hashing
		}
	}
}
