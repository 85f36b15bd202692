package canon_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixin/internal/canon"
)

type inner struct {
	Day   time.Time `json:"day,omitzero"`
	Names []string  `json:"names"`
}

type body struct {
	Z     string            `json:"z"`
	A     int64             `json:"a"`
	On    bool              `json:"on,omitempty"`
	In    *inner            `json:"in,omitempty"`
	Extra map[string]string `json:"extra,omitempty"`
	Raw   json.RawMessage   `json:"raw,omitempty"`
}

func TestOneValueHasOneSpelling(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"keys sorted", map[string]any{"b": 1, "a": []int{2, -3}}, `{"a":[2,-3],"b":1}`},
		{"struct fields sorted", body{Z: "末", A: 1}, `{"a":1,"z":"末"}`},
		{"no HTML escaping", "<a&b>\u2028", "\"<a&b>\u2028\""},
		{"shortest escapes", "\"\\/\b\f\n\r\t\x01\x7f", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\""},
		{"record", map[string]string{"b": "", "a": "质\n信", "ab": `"`}, `{"a":"质\n信","ab":"\"","b":""}`},
		{"empty record", map[string]string{}, `{}`},
		{"no record", map[string]string(nil), `null`},
		{"nothing", nil, `null`},
		{"empty list", []string{}, `[]`},
		{"raw is spelled again", json.RawMessage(` { "b" : "\u8d28\ud83d\ude00\/" , "a" : [ 1 , true ] } `), `{"a":[1,true],"b":"质😀/"}`},
		{"a replacement character is a character", "\ufffd", "\"\ufffd\""},
		{"big whole number", json.Number("123456789012345678901234567890"), `123456789012345678901234567890`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := canon.Bytes(tt.in)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

func TestWhatCannotBeSpelledIsRefused(t *testing.T) {
	tests := []struct {
		name string
		in   any
	}{
		{"a fraction", 1.5},
		{"a float that happens to be whole", map[string]any{"a": []any{float64(1)}}},
		{"a float in a struct", struct{ A float32 }{2}},
		{"bytes that are not UTF-8", map[string]string{"a": "\xff"}},
		{"bytes that are not UTF-8, in a struct", &body{Z: "\xe8\xb4"}},
		{"a key that is not UTF-8", map[string]int{"\xff": 1}},
		{"raw with a key twice", json.RawMessage(`{"a":1,"\u0061":1}`)},
		{"raw with a fraction", json.RawMessage(`[1.0]`)},
		{"raw with an exponent", json.RawMessage(`1e3`)},
		{"raw with minus zero", json.RawMessage(`-0`)},
		{"raw with half a surrogate pair", json.RawMessage(`"\ud800"`)},
		{"raw with half a surrogate pair before another escape", json.RawMessage(`"\ud800\u0041"`)},
		{"raw that is not UTF-8", json.RawMessage("\"\xff\"")},
		{"raw that is not JSON", json.RawMessage(`{`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := canon.Bytes(tt.in); err == nil {
				t.Errorf("spelled %s", got)
			}
		})
	}
}

func TestDecodeRefusesEveryOtherSpelling(t *testing.T) {
	refused := []string{
		``, ` `, `{`, `{"a":1,"z":""} `, ` {"a":1,"z":""}`, `{"z":"","a":1}`, `{"a":1,"a":1,"z":""}`, `{"A":1,"z":""}`, `{"a":1}`,
		`{"a":1,"y":2,"z":""}`, `{"a":1,"on":false,"z":""}`, `{"a":1,"z":"\u0041"}`, `{"a":1,"z":"\/"}`, `{"a":1.0,"z":""}`,
		`{"a":1,"z":""}{}`, `{"a":01,"z":""}`, `{"a":1,"raw":{"b":1,"a":2},"z":""}`, "{\"a\":1,\"z\":\"\xff\"}",
	}
	for _, raw := range refused {
		var b body
		if err := canon.Decode([]byte(raw), &b); err == nil {
			t.Errorf("%s was accepted as %+v", raw, b)
		}
	}
	for _, raw := range []string{``, `{`, `{}x`, `{"a":"b"`, `{"a":"b",}`, `{"b":"","a":""}`, `{"a":"","a":""}`, `{"a" :""}`,
		`{"a":1}`, `{"a":"\u0041"}`, `{"a":"\u000A"}`, "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", `{"a":"\`, `{"a":"\"}`, `nul`, `[]`} {
		var m map[string]string
		if err := canon.Decode([]byte(raw), &m); err == nil {
			t.Errorf("%s was accepted as %v", raw, m)
		}
	}
	var b body
	if err := canon.Decode([]byte(`{"a":1,"raw":{"x":[1]},"z":""}`), &b); err != nil || string(b.Raw) != `{"x":[1]}` {
		t.Errorf("the canonical spelling was refused: %+v, %v", b, err)
	}
}

// text draws strings with many characters that need care.
func text() *rapid.Generator[string] {
	return rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\"\\/\n\x00\x1f\x7f<&\u2028\ufffd质😀,:{}"))))
}

// tree draws any value that canonical JSON can hold.
func tree(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(text().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
		rapid.Map(rapid.StringMatching(`0|-?[1-9][0-9]{0,20}`), func(s string) any { return json.Number(s) }))
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf,
		rapid.SliceOfN(tree(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(text(), tree(depth-1), 0, 4).AsAny())
}

func TestDecodeReturnsWhatBytesWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOf(text(), text()).Draw(t, "record")
		raw, err := canon.Bytes(in)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]string
		if err := canon.Decode(raw, &out); err != nil || !maps.Equal(in, out) {
			t.Fatalf("%s: got %v (%v), want %v", raw, out, err, in)
		}
		slow, err := canon.Bytes(map[string]any{"m": in})
		if want := `{"m":` + string(raw) + `}`; err != nil || string(slow) != want {
			t.Fatalf("the fast path writes %s, the slow one %s (%v)", want, slow, err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		in := tree(3).Draw(t, "tree")
		raw, err := canon.Bytes(in)
		if err != nil {
			t.Fatal(err)
		}
		var out any
		if err := canon.Decode(raw, &out); err != nil || !reflect.DeepEqual(in, out) {
			t.Fatalf("%s: got %#v (%v), want %#v", raw, out, err, in)
		}
	})
}

// TestOneByteChangedIsRefusedOrAnotherValue changes every byte of canonical texts: no second spelling of a value is
// accepted.
func TestOneByteChangedIsRefusedOrAnotherValue(t *testing.T) {
	mutate := func(t *rapid.T, raw []byte, fresh func() any, was any) {
		with := rapid.Byte().Draw(t, "with")
		for i := range raw {
			changed := bytes.Clone(raw)
			changed[i] = with
			if rapid.Bool().Draw(t, "flip") {
				changed[i] = raw[i] ^ 0x20 // upper and lower case
			}
			if bytes.Equal(changed, raw) {
				continue
			}
			v := fresh()
			if canon.Decode(changed, v) != nil {
				continue
			}
			again, err := canon.Bytes(reflect.ValueOf(v).Elem().Interface())
			if err != nil || !bytes.Equal(again, changed) || reflect.DeepEqual(reflect.ValueOf(v).Elem().Interface(), was) {
				t.Fatalf("%s was accepted and is spelled %s (%v)", changed, again, err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOfN(text(), text(), 0, 5).Draw(t, "record")
		raw, err := canon.Bytes(in)
		if err != nil {
			t.Fatal(err)
		}
		mutate(t, raw, func() any { return new(map[string]string) }, in)
	})
	rapid.Check(t, func(t *rapid.T) {
		in := tree(2).Draw(t, "tree")
		raw, err := canon.Bytes(in)
		if err != nil {
			t.Fatal(err)
		}
		mutate(t, raw, func() any { return new(any) }, in)
	})
	rapid.Check(t, func(t *rapid.T) {
		in := body{Z: text().Draw(t, "z"), A: rapid.Int64().Draw(t, "a"), On: rapid.Bool().Draw(t, "on"),
			In: &inner{Names: rapid.SliceOfN(text(), 0, 3).Draw(t, "names"), Day: time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "day"), 0).UTC()}}
		raw, err := canon.Bytes(in)
		if err != nil {
			t.Fatal(err)
		}
		mutate(t, raw, func() any { return new(body) }, in)
	})
}

func BenchmarkBytes(b *testing.B) {
	row := map[string]string{"UNISCID": "91340800MA2X00019Q", "ENTNAME": "安庆市迎江区某某商贸有限公司", "REGNO": "340800000000010",
		"LEREP": "张三", "REGCAP": "10000000", "ESTDATE": "2015-06-01", "DOM": "安徽省安庆市迎江区人民路1号", "REGSTATE": "active",
		"OPSCOPE": "日用百货、五金交电、建筑材料销售;(依法须经批准的项目,经相关部门批准后方可开展经营活动)", "DIVISION": "340802"}
	raw, err := canon.Bytes(row)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := canon.Bytes(row); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m map[string]string
			if err := canon.Decode(raw, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
