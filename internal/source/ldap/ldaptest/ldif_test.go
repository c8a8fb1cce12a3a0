package ldaptest_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/source/ldap/ldaptest"
)

func readAll(ldif string) ([]ldaptest.Entry, error) {
	var entries []ldaptest.Entry
	err := ldaptest.ReadLDIF(strings.NewReader(ldif), func(e ldaptest.Entry) error {
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

func TestReadLDIF(t *testing.T) {
	t.Parallel()
	ldif := "version: 1\r\n# a comment\n  that goes on\n\n\ndn: CN=A,DC=x\nchangetype: add\nobjectClass: user\nOBJECTCLASS: top\n" +
		"description: one\n  line \njpegPhoto:: /wAB\nempty:\n\ndn:: Q049w4QsREM9eA==\nobjectClass:user"
	got, err := readAll(ldif)
	if err != nil {
		t.Fatal(err)
	}
	want := []ldaptest.Entry{
		{DN: "CN=A,DC=x", Attributes: []ldaptest.Attribute{
			{Name: "objectClass", Values: []string{"user", "top"}},
			{Name: "description", Values: []string{"one line "}},
			{Name: "jpegPhoto", Values: []string{"\xff\x00\x01"}},
			{Name: "empty", Values: []string{""}},
		}},
		{DN: "CN=Ä,DC=x", Attributes: []ldaptest.Attribute{{Name: "objectClass", Values: []string{"user"}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadLDIFNamesTheLine(t *testing.T) {
	t.Parallel()
	for ldif, want := range map[string]string{
		"cn: a\n":                                `LDIF line 1: "cn" where dn: is expected`,
		"dn: DC=x\n\n\ndn: DC=y\nno colon\n":     "LDIF line 5: ",
		"dn: DC=x\nphoto:: ***\n":                "LDIF line 2: photo: illegal base64",
		"dn: DC=x\nphoto:< file:///etc/passwd\n": "LDIF line 2: photo: values from URLs are not read",
		"dn: DC=x\nchangetype: delete\n":         "LDIF line 2: changetype delete",
		"version: 2\n":                           "LDIF line 1: version",
	} {
		if _, err := readAll(ldif); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s…", ldif, err, want)
		}
	}
	stop := errors.New("stop")
	err := ldaptest.ReadLDIF(strings.NewReader("\ndn: DC=x\na: b\n"), func(ldaptest.Entry) error { return stop })
	if !errors.Is(err, stop) || !strings.HasPrefix(err.Error(), "LDIF line 2:") {
		t.Errorf("an error of yield: %v", err)
	}
}

// What is read can be written out and reads the same.
func FuzzReadLDIF(f *testing.F) {
	f.Add(corp)
	f.Add("version: 1\ndn:: Q049w4QsREM9eA==\na:: AAEC\n b\nc;range=0-1: x\n")
	f.Add("dn: a\n\n\r\n# x\n y\ndn: b\na:\n")
	f.Fuzz(func(t *testing.T, ldif string) {
		entries, err := readAll(ldif)
		if err != nil {
			return
		}
		again, err := readAll(writeLDIF(entries))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if diff := cmp.Diff(entries, again); diff != "" {
			t.Errorf("written and read (-first +second):\n%s", diff)
		}
	})
}

func writeLDIF(entries []ldaptest.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "dn:: %s\n", base64.StdEncoding.EncodeToString([]byte(e.DN)))
		for _, a := range e.Attributes {
			for _, value := range a.Values {
				fmt.Fprintf(&b, "%s:: %s\n", a.Name, base64.StdEncoding.EncodeToString([]byte(value)))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
