package bulkload

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// FuzzQuick holds what a quick reads against what package json makes of it.
func FuzzQuick(f *testing.F) {
	for _, text := range []string{
		`{"type":"version","version":1,"info":{"generator":"g","additional":{"a":[1,-2,null,true,"x\u00e9"],"b":{}}}}`,
		`{ "type" : "user" , "user" : {"username":"ada","teams":[{"name":"t","channels":[{"name":"c","favorite":false,"msg_count":-3}]},{}],"theme":"{\"a\":\"#fff\"}","notify_props":null,"custom_status":null} } `,
		`{"type":"post","post":{"props":{"a": 1.5},"create_at":9223372036854775807,"replies":[{"message":"a\nb"},{}],"flagged_by":[],"channel_members":["a","b"],"reactions":[]}}`,
		`{"type":"user","user":{"email":"a","email":"b"},"user":{"email":null}}`,
		`{"type":"user","User":{"email":"a"}}`, `{"type":"user","user":{"email":1}}`, `{"type":"post","post":{"create_at":01}}`, `{"type":"post","post":{"create_at":1e3}}`,
		`{"type":"post"}{`, `{"type":"post",}`, `{"type":"\ud800"}`, "{\"type\":\"a\x01\"}", `{"type":"post","post":{"props":{"a":"b"} }}`, `[]`, `{`, ``, `{"type":null,"direct_channel":{"members":null}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := (&quick{}).line(text)
		if !ok {
			return
		}
		var want line
		if err := json.Unmarshal(text, &want, lenient, json.RejectUnknownMembers(true)); err != nil {
			if !utf8.Valid(text) {
				return // not UTF-8, which is looked at before
			}
			t.Fatalf("%s: read, and package json says: %v", text, err)
		}
		if !reflect.DeepEqual(got, &want) {
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			t.Fatalf("%s:\ngot  %s\nwant %s", text, a, b)
		}
	})
}

// Each field of the structs of a line is found by its name in JSON.
func TestFields(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		v, ok := reflect.TypeAssert[fields](reflect.New(of))
		if !ok || seen[of] {
			return
		}
		seen[of] = true
		for _, f := range reflect.VisibleFields(of) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				continue
			}
			if want := reflect.ValueOf(v).Elem().FieldByIndex(f.Index).Addr(); !reflect.ValueOf(v.field(name)).IsValid() || reflect.ValueOf(v.field(name)).Pointer() != want.Pointer() {
				t.Errorf("%s: %s is not found", of, name)
			}
			look(f.Type)
		}
	}
	look(reflect.TypeFor[line]())
	if len(seen) < 19 || (&line{}).field("nothing") != nil {
		t.Errorf("%d structs", len(seen))
	}
}
