package config

import (
	"fmt"
	"os"
	"strings"

	"muster/internal/secret"
)

// A Value is a setting that stands in the file, in an environment variable or in a file of its own. Printing it shows where it is kept, never what it is.
type Value struct {
	Env  string
	File string
	At   string
	text secret.String
}

// IsZero reports whether nothing was configured.
func (v Value) IsZero() bool { return v.Env == "" && v.File == "" && v.text.Reveal() == "" }

// Resolve reads the value. One newline at its end is not part of it. An empty value is an error, unless it stands in the configuration as such.
func (v Value) Resolve() (secret.String, error) {
	switch {
	case v.Env != "":
		s := os.Getenv(v.Env)
		if s == "" {
			return secret.String{}, fmt.Errorf("%s: the environment variable %s is not set", v.At, v.Env)
		}
		return secret.New(s), nil
	case v.File != "":
		b, err := os.ReadFile(v.File)
		if err != nil {
			return secret.String{}, fmt.Errorf("%s: %w", v.At, err)
		}
		s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
		if s == "" {
			return secret.String{}, fmt.Errorf("%s: the file %s is empty", v.At, v.File)
		}
		return secret.New(s), nil
	}
	return v.text, nil
}

// String says where the value is kept.
func (v Value) String() string {
	switch {
	case v.Env != "":
		return "environment variable " + v.Env
	case v.File != "":
		return "file " + v.File
	}
	return v.text.String()
}
