package protocol_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wps/protocol"
)

func TestScanObject(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in    string
		rest  string
		wants []string
	}{
		{`{}`, "", nil},
		{`{ } x`, " x", nil},
		{`{"a":1}{"b":2}`, `{"b":2}`, []string{`"a" 1`}},
		{"{ \"a\" :\t-1.5e+3 ,\r\n\"b\":[ 1 , {} ,[]] , \"\": \"x\\\"}\\u00e9\" }", "", []string{`"a" -1.5e+3`, `"b" [ 1 , {} ,[]]`, `"" "x\"}\u00e9"`}},
		{`{"a":{"b":null},"a":true,"c":false,"d":0}`, "", []string{`"a" {"b":null}`, `"a" true`, `"c" false`, `"d" 0`}},
	} {
		var got []string
		end, ok := protocol.ScanObject([]byte(tt.in), func(name, value []byte) { got = append(got, fmt.Sprintf("%s %s", name, value)) })
		if !ok || tt.in[end:] != tt.rest || !slices.Equal(got, tt.wants) {
			t.Errorf("ScanObject(%q) = %q, %d, %v, want %q and %q after it", tt.in, got, end, ok, tt.wants, tt.rest)
		}
	}
}

// TestScanObjectDepth checks that the limit of nesting is that of encoding/json.
func TestScanObjectDepth(t *testing.T) {
	t.Parallel()
	for _, n := range []int{9998, 9999, 10000, 10001} {
		for _, nested := range []string{
			`{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}",
			strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n),
		} {
			want := json.Valid([]byte(nested))
			if _, ok := protocol.ScanObject([]byte(nested), func(_, _ []byte) {}); ok != want {
				t.Errorf("ScanObject of %.10q with %d levels = %v, want %v", nested, n, ok, want)
			}
			if ok := protocol.ValidJSON([]byte(nested)); ok != want {
				t.Errorf("ValidJSON of %.10q with %d levels = %v, want %v", nested, n, ok, want)
			}
		}
	}
}

// FuzzValidJSON checks that exactly what encoding/json accepts is valid.
func FuzzValidJSON(f *testing.F) {
	for _, seed := range []string{"", " 1 ", "-0.0e-0", "\t[1, {\"a\" : null} ]\n", `"\ud800"`, "true false", "\"\x7f\xff\"", "nul", "-", "00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := protocol.ValidJSON(b), json.Valid(b); got != want {
			t.Errorf("ValidJSON(%q) = %v, want %v", b, got, want)
		}
	})
}

// FuzzScanObject checks that exactly the objects of encoding/json are read, with
// the same values, and that an object which is read does not depend on what comes
// after it.
func FuzzScanObject(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a":[1,-2.5e-3,true,null],"b":{"c":"\u00e9\"\\"}}`, `{"a":"` + "\x01" + `"}`, `{"a":01}`, `{"a":1.}`, `{"a":1e}`,
		`{"a":-}`, `{"a" 1}`, `{"a":1,}`, `{,}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":tru}`, `{"a":[1,]}`, `{"a":[}`, `{"abcdefgh\n":"123456789"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := map[string]string{}
		end, ok := protocol.ScanObject(b, func(name, value []byte) {
			var key string
			if err := json.Unmarshal(name, &key); err != nil {
				t.Errorf("the name %q: %v", name, err)
			}
			got[key] = string(value)
		})
		if text := bytes.TrimLeft(b, " \t\r\n"); json.Valid(b) && len(text) == len(b) && text[0] == '{' && (!ok || len(bytes.TrimSpace(b[end:])) > 0) {
			t.Fatalf("ScanObject(%q) = %d, %v, encoding/json accepts it", b, end, ok)
		}
		if !ok {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(b[:end], &want); err != nil {
			t.Fatalf("ScanObject(%q) = %d, encoding/json: %v", b, end, err)
		}
		if len(got) != len(want) {
			t.Errorf("ScanObject(%q) has %q, want %q", b, got, want)
		}
		for key, value := range want {
			if got[key] != string(value) {
				t.Errorf("ScanObject(%q): %q is %s, want %s", b, key, got[key], value)
			}
		}
	})
}
