package ldaptest_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/source/ldap/ldaptest"
)

// bigCompany writes n people and n/20 groups of 200 as LDIF.
func bigCompany(n int) io.Reader {
	read, write := io.Pipe()
	go func() {
		_, _ = io.WriteString(write, corp)
		for i := range n {
			_, _ = fmt.Fprintf(write, "\ndn: CN=Person %06d,OU=People,DC=corp,DC=example\nobjectClass: user\nsAMAccountName: p%06d\nmail: p%06d@example.com\n"+
				"givenName: Person\nsn: %06d\ntitle: Engineer\ndepartment: D%d\n", i, i, i, i, i%97)
		}
		for g := range n / 20 {
			_, _ = fmt.Fprintf(write, "\ndn: CN=Group %05d,OU=Groups,DC=corp,DC=example\nobjectClass: group\n", g)
			for m := range 200 {
				_, _ = fmt.Fprintf(write, "member: CN=Person %06d,OU=People,DC=corp,DC=example\n", (g*211+m*17)%n)
			}
		}
		_ = write.Close()
	}()
	return read
}

func BenchmarkLargeDirectory(b *testing.B) {
	const people = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, err := ldaptest.Start(ldaptest.Config{LDIF: bigCompany(people)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	runtime.GC()
	runtime.ReadMemStats(&after)
	conn, err := ldap.DialURL(s.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Bind("muster@corp.example", "secret"); err != nil {
		b.Fatal(err)
	}
	b.Run("people", func(b *testing.B) {
		for b.Loop() {
			if n := readPages(b, conn, "(&(objectCategory=person)(objectClass=user))", "objectGUID", "sAMAccountName", "mail", "sn", "title", "userAccountControl"); n < people {
				b.Fatalf("%d people", n)
			}
		}
		b.ReportMetric(float64(people*b.N)/b.Elapsed().Seconds(), "entries/s")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
	})
	b.Run("groups", func(b *testing.B) {
		for b.Loop() {
			if n := readPages(b, conn, "(objectClass=group)", "objectGUID", "cn", "member"); n < people/20 {
				b.Fatalf("%d groups", n)
			}
		}
		b.ReportMetric(float64(people*10*b.N)/b.Elapsed().Seconds(), "members/s")
	})
	b.Run("one by name", func(b *testing.B) {
		for b.Loop() {
			if n := readPages(b, conn, "(sAMAccountName=p050000)", "cn"); n != 1 {
				b.Fatalf("%d entries", n)
			}
		}
	})
}

func readPages(b *testing.B, conn *ldap.Conn, filter string, attributes ...string) (entries int) {
	paging := ldap.NewControlPaging(1000)
	for {
		r := request("DC=corp,DC=example", ldap.ScopeWholeSubtree, filter, attributes...)
		r.Controls = []ldap.Control{paging}
		response := conn.SearchAsync(context.Background(), r, 64)
		for response.Next() {
			if response.Entry() != nil {
				entries++
			}
		}
		if response.Err() != nil {
			b.Fatal(response.Err())
		}
		answer, ok := ldap.FindControl(response.Controls(), ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(answer.Cookie) == 0 {
			return entries
		}
		paging.SetCookie(answer.Cookie)
	}
}
