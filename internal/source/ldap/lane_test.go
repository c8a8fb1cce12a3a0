package ldap

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/google/go-cmp/cmp"
)

// entryMessage is an entry of a search as a server sends it.
func entryMessage(dn string, attributes ...[]string) []byte {
	list := ber.NewSequence("")
	for _, a := range attributes {
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range a[1:] {
			set.AppendChild(octets(v))
		}
		one := ber.NewSequence("")
		one.AppendChild(octets(a[0]))
		one.AppendChild(set)
		list.AppendChild(one)
	}
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 4, nil, "")
	op.AppendChild(octets(dn))
	op.AppendChild(list)
	return message(op)
}

func octets(v string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, v, "")
}

func message(op *ber.Packet, more ...*ber.Packet) []byte {
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 7, ""))
	for _, part := range append([]*ber.Packet{op}, more...) {
		m.AppendChild(part)
	}
	return m.Bytes()
}

// doneMessage is the end of a search.
func doneMessage() []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 5, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, 0, ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(""))
	return message(op)
}

// wire is a connection from which a given text comes.
type wire struct {
	net.Conn
	from io.Reader
}

func (w wire) Read(p []byte) (int, error) { return w.from.Read(p) }

// ride sends texts over a lane with a sink and returns the names of the entries taken out, and what the library reads.
func ride(t *testing.T, from io.Reader) (names []string, passed []byte) {
	t.Helper()
	s := &session{lane: newLane(wire{from: from})}
	k := s.sink(1000)
	passed, err := io.ReadAll(s.lane)
	if err != nil {
		t.Fatal(err)
	}
	s.unsink(k)
	for len(k.entries) > 0 {
		names = append(names, (<-k.entries).DN)
	}
	return names, passed
}

func TestLaneTakesEntriesOutAndNothingElse(t *testing.T) {
	large := entryMessage("cn=large", []string{"member", strings.Repeat("x", hugeMessage)})
	controlled := message(ber.DecodePacket(entryMessage("cn=controlled")).Children[1], ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, ""))
	indefinite := []byte{0x30, 0x80, 0x02, 0x01, 0x07, 0x64, 0x80, 0x00, 0x00, 0x00, 0x00}
	small := entryMessage("cn=small", []string{"cn", "small"})
	for name, c := range map[string]struct {
		in     [][]byte
		names  []string
		passed [][]byte
	}{
		"entries and the end":                       {[][]byte{small, large, small, doneMessage()}, []string{"cn=small", "cn=large", "cn=small"}, [][]byte{doneMessage()}},
		"an entry with controls is for the library": {[][]byte{small, controlled}, []string{"cn=small"}, [][]byte{controlled}},
		"what is no message ends the taking out":    {[][]byte{small, []byte("HTTP/1.1 400"), small}, []string{"cn=small"}, [][]byte{[]byte("HTTP/1.1 400"), small}},
		"so do indefinite lengths":                  {[][]byte{indefinite, small}, nil, [][]byte{indefinite, small}},
		"a message that is cut":                     {[][]byte{small, large[:len(large)/2]}, []string{"cn=small"}, [][]byte{large[:len(large)/2]}},
		"a header that is cut":                      {[][]byte{small, large[:3]}, []string{"cn=small"}, [][]byte{large[:3]}},
		"one octet":                                 {[][]byte{small, {0x30}}, []string{"cn=small"}, [][]byte{{0x30}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, from := range []io.Reader{bytes.NewReader(slices.Concat(c.in...)), iotest.OneByteReader(bytes.NewReader(slices.Concat(c.in...)))} {
				names, passed := ride(t, from)
				if diff := cmp.Diff(c.names, names); diff != "" {
					t.Errorf("taken out (-want +got):\n%s", diff)
				}
				if !bytes.Equal(passed, slices.Concat(c.passed...)) {
					t.Errorf("%d bytes pass, want %d", len(passed), len(slices.Concat(c.passed...)))
				}
			}
		})
	}
}

func TestLaneWithoutSinkPassesEverything(t *testing.T) {
	in := slices.Concat(entryMessage("cn=a"), doneMessage())
	got, err := io.ReadAll(newLane(wire{from: bytes.NewReader(in)}))
	if err != nil || !bytes.Equal(got, in) {
		t.Errorf("got %x, %v; want %x", got, err, in)
	}
}

// FuzzDecodeEntry: what is decoded is what the library's own decoder finds.
func FuzzDecodeEntry(f *testing.F) {
	f.Add(entryMessage("cn=a,dc=example", []string{"cn", "a", "b"}, []string{"mail"}, []string{"jpegPhoto;binary", "\xff\x00"}))
	f.Add(entryMessage(strings.Repeat("x", 300)))
	f.Add(doneMessage())
	f.Fuzz(func(t *testing.T, text []byte) {
		e := decodeEntry(text)
		if e == nil {
			return
		}
		p, err := ber.DecodePacketErr(text)
		if err != nil {
			t.Fatalf("the library refuses what was decoded: %v", err)
		}
		op := p.Children[1]
		if got, want := e.DN, op.Children[0].Data.String(); got != want {
			t.Fatalf("DN %q, want %q", got, want)
		}
		if len(e.Attributes) != len(op.Children[1].Children) {
			t.Fatalf("%d attributes, want %d", len(e.Attributes), len(op.Children[1].Children))
		}
		for i, a := range op.Children[1].Children {
			var want []string
			for _, v := range a.Children[1].Children {
				want = append(want, v.Data.String())
			}
			got := e.Attributes[i]
			if got.Name != a.Children[0].Data.String() || !slices.Equal(got.Values, want) {
				t.Fatalf("attribute %q %q, want %q %q", got.Name, got.Values, a.Children[0].Data.String(), want)
			}
			for j, raw := range got.ByteValues {
				if string(raw) != got.Values[j] {
					t.Fatalf("value %q is %q as bytes", got.Values[j], raw)
				}
			}
		}
	})
}
