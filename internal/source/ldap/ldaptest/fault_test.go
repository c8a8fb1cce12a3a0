package ldaptest_test

import (
	"net"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"muster/internal/source/ldap/ldaptest"
)

// paged reads all pages of 10 and returns what came before an error, and whether the last answer carried a paging control.
func paged(conn *ldap.Conn) (entries int, control bool, err error) {
	paging := ldap.NewControlPaging(10)
	for {
		r := request("OU=People,DC=corp,DC=example", ldap.ScopeWholeSubtree, "(cn=Person *)", "cn", "title")
		r.Controls = []ldap.Control{paging}
		found, err := conn.Search(r)
		if found != nil {
			entries += len(found.Entries)
		}
		if err != nil {
			return entries, false, err
		}
		answer, ok := ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(answer.Cookie) == 0 {
			return entries, ok, nil
		}
		paging.SetCookie(answer.Cookie)
	}
}

// anyCode stands for any error.
const anyCode = 0xffff

func TestFaultsOfSearches(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, company(35))
	tests := []struct {
		name    string
		faults  ldaptest.Faults
		entries int
		control bool
		code    uint16 // 0 = no error
	}{
		{"none", ldaptest.Faults{}, 35, true, 0},
		{"code at page 3", ldaptest.Faults{Code: ldap.LDAPResultBusy, Page: 3}, 20, false, ldap.LDAPResultBusy},
		{"code at once", ldaptest.Faults{Code: ldap.LDAPResultUnavailable}, 0, false, ldap.LDAPResultUnavailable},
		{"cut after 15", ldaptest.Faults{CutAfter: 15}, 15, false, anyCode},
		{"size limit", ldaptest.Faults{SizeLimit: 25}, 25, false, ldap.LDAPResultSizeLimitExceeded},
		{"empty", ldaptest.Faults{Empty: true}, 0, true, 0},
		{"hidden", ldaptest.Faults{Hide: func(e ldaptest.Entry) bool { return strings.HasSuffix(e.Get("sAMAccountName"), "7") }}, 32, true, 0},
		{"no paging control", ldaptest.Faults{DropPaging: true}, 10, false, 0},
		{"others only", ldaptest.Faults{Code: 52, Only: func(r ldaptest.Request) bool { return strings.Contains(r.Filter, "group") }}, 35, true, 0},
		{"this one", ldaptest.Faults{Code: 52, Only: func(r ldaptest.Request) bool { return r.Page == 2 && r.Filter == "(cn=Person *)" }}, 10, false, 52},
	}
	for _, tt := range tests {
		conn := bound(t, s)
		s.Set(tt.faults)
		entries, control, err := paged(conn)
		s.Set(ldaptest.Faults{})
		fits := (tt.code == 0) == (err == nil) && (tt.code == 0 || tt.code == anyCode || ldap.IsErrorWithCode(err, tt.code))
		if entries != tt.entries || control != tt.control || !fits {
			t.Errorf("%s: %d entries, control %v, %v; want %d, %v, code %d", tt.name, entries, control, err, tt.entries, tt.control, tt.code)
		}
	}
}

func TestFaultsOfConnections(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	open := bound(t, s)
	s.Set(ldaptest.Faults{RefuseBind: ldap.LDAPResultUnavailable})
	wantCode(t, "bind", dial(t, s).Bind("muster@corp.example", "secret"), ldap.LDAPResultUnavailable)
	s.Set(ldaptest.Faults{Down: true})
	if _, err := open.Search(request("DC=corp,DC=example", 2, "(cn=*)")); err == nil {
		t.Error("a connection outlives Down")
	}
	if conn, err := ldap.DialURL(s.URL()); err == nil {
		if err := conn.Bind("muster@corp.example", "secret"); err == nil {
			t.Error("a server that is down takes a bind")
		}
		_ = conn.Close()
	}
	s.Set(ldaptest.Faults{})
	bound(t, s)
}

func TestUnreadableAttribute(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	s.Set(ldaptest.Faults{HideAttrs: []string{"TITLE", "memberOf"}})
	if e := search(t, conn, "(sAMAccountName=anna)", "title", "memberOf", "mail")[0]; e.GetAttributeValue("title")+e.GetAttributeValue("memberOf") != "" || e.GetAttributeValue("mail") == "" {
		t.Errorf("shown: %v", e.Attributes)
	}
	if got := search(t, conn, "(|(title=Engineer)(!(title=Engineer)))"); len(got) != 0 {
		t.Errorf("a filter on an unreadable attribute finds %v", rdns(got))
	}
}

func TestUnfinishedRange(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, company(1600))
	conn := bound(t, s)
	s.Set(ldaptest.Faults{CutRange: true})
	if e := search(t, conn, "(cn=All)", "member")[0]; len(e.GetAttributeValues("member;range=0-1499")) != 1500 {
		t.Errorf("the first range: %d attributes", len(e.Attributes))
	}
	if e := search(t, conn, "(cn=All)", "member;range=1500-*")[0]; len(e.Attributes) != 0 {
		t.Errorf("the second range comes: %v", e.Attributes)
	}
}

func TestSlowSearchCanBeAbandoned(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp, openLDAP)
	started := make(chan struct{})
	s.Set(ldaptest.Faults{Delay: time.Hour, Only: func(ldaptest.Request) bool { close(started); return true }})
	socket, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "ldap://"))
	must(t, err)
	defer func() { _ = socket.Close() }()
	send := func(id int64, op *ber.Packet) {
		t.Helper()
		p := ber.NewSequence("message")
		p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, "id"))
		p.AppendChild(op)
		_, err := socket.Write(p.Bytes())
		must(t, err)
	}
	send(1, searchOp(t, "(cn=*)"))
	<-started
	s.Set(ldaptest.Faults{})
	send(2, ber.NewInteger(ber.ClassApplication, ber.TypePrimitive, ldap.ApplicationAbandonRequest, int64(1), "abandon"))
	send(3, searchOp(t, "(cn=nobody)"))
	p, err := ber.ReadPacket(socket)
	must(t, err)
	if id := p.Children[0].Value; id != int64(3) || p.Children[1].Tag != ldap.ApplicationSearchResultDone {
		t.Errorf("answer %v with tag %d, want the end of search 3 and nothing of search 1", id, p.Children[1].Tag)
	}
}

func searchOp(t *testing.T, filter string) *ber.Packet {
	t.Helper()
	compiled, err := ldap.CompileFilter(filter)
	must(t, err)
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "search")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "DC=corp,DC=example", "base"))
	for _, n := range []int64{2, 0} {
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, n, "scope, aliases"))
	}
	for range 2 {
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(0), "limits"))
	}
	op.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, "types only"))
	op.AppendChild(compiled)
	op.AppendChild(ber.NewSequence("attributes"))
	return op
}

func TestGarbageEndsTheConnectionOnly(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	for _, garbage := range []string{"GET / HTTP/1.1\r\n\r\n", "\x30\x84\xff\xff\xff\xff", "\x30\x03\x02\x01\x01", "\x30\x05\x02\x01\x01\x63\x00", "\x30\x80\x00\x00"} {
		socket, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "ldap://"))
		must(t, err)
		_, err = socket.Write([]byte(garbage))
		must(t, err)
		p, err := ber.ReadPacket(socket)
		if err != nil || p.Children[1].Children[0].Value != int64(ldap.LDAPResultProtocolError) {
			t.Errorf("%q: got %v, %v; want a protocol error", garbage, p, err)
		}
		_ = socket.Close()
	}
	bound(t, s)
}
