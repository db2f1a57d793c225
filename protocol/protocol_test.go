package protocol_test

import (
	"maps"
	"strings"
	"testing"

	"wps/protocol"
)

// check is a name or id and the error it should get; want is "" for none.
type check struct{ in, want string }

func testChecks(t *testing.T, name string, f func(string) error, tests []check) {
	t.Helper()
	for _, tt := range tests {
		err := f(tt.in)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s(%.40q) = %v, want %q", name, tt.in, err, tt.want)
		}
	}
}

func TestCheckHub(t *testing.T) {
	t.Parallel()
	testChecks(t, "CheckHub", protocol.CheckHub, []check{
		{"a", ""},
		{"Chat", ""},
		{"a_`,.[]9Z", ""},
		{strings.Repeat("a", 128), ""},
		{"", "hub name is empty"},
		{strings.Repeat("a", 129), "hub name has 129 characters, at most 128 are allowed"},
		{"9bad", "must begin with a letter"},
		{"_a", "must begin with a letter"},
		{"\xc3\xa4", "must begin with a letter"}, // ä
		{"a-b", "may hold letters, digits and"},
		{"a b", "may hold"},
		{"a/b", "may hold"},
		{"aä", "may hold"},
		{"a\n", "may hold"},
		{"aŁ", "may hold"}, // U+0141, whose low byte is A
	})
}

func TestCheckGroup(t *testing.T) {
	t.Parallel()
	testChecks(t, "CheckGroup", protocol.CheckGroup, []check{
		{"g", ""},
		{" g ", ""},
		{"a/b%2F+é😀\x00", ""},
		{strings.Repeat("x", 1024), ""},
		{strings.Repeat("é", 1024), ""},    // 2048 bytes
		{strings.Repeat("😀", 512), ""},     // two units each
		{strings.Repeat("\xff", 1024), ""}, // each as U+FFFD
		{"", "group name is empty"},
		{" \t\r\n\u00a0\u2003", "group name is empty"},
		{strings.Repeat("x", 1025), "group name has 1025 characters, at most 1024 are allowed"},
		{strings.Repeat("é", 1025), "group name has 1025 characters"},
		{strings.Repeat("😀", 512) + "x", "group name has 1025 characters"},
	})
}

func TestCheckID(t *testing.T) {
	t.Parallel()
	testChecks(t, "CheckID", func(id string) error { return protocol.CheckID("user id", id) }, []check{
		{"u", ""}, {" u", ""}, {"a/b", ""}, {strings.Repeat("u", 5000), ""},
		{"", "user id is empty"}, {" \u3000\t", "user id is empty"},
	})
}

func TestCheckEventName(t *testing.T) {
	t.Parallel()
	testChecks(t, "CheckEventName", protocol.CheckEventName, []check{
		{"e", ""}, {"Echo", ""}, {"a_.-9", ""}, {strings.Repeat("e", 128), ""},
		{"", "event name is empty"},
		{strings.Repeat("e", 129), "event name has 129 characters"},
		{"9", "must be a letter, then"}, {".a", "must be a letter"}, {"-a", "must be a letter"},
		{"a b", "must be"}, {"aé", "must be"}, {"a/b", "must be"}, {"a*", "must be"}, {"a\x00", "must be"},
	})
}

func TestCheckMetadata(t *testing.T) {
	t.Parallel()
	// 8 keys of one byte with values of 1,023 fill the total to the byte.
	full := map[string]string{}
	for i := range 8 {
		full[string(rune('a'+i))] = strings.Repeat("x", 1023)
	}
	over := maps.Clone(full)
	over["a"] += "x"
	tests := []struct {
		m    map[string]string
		want string
	}{
		{nil, ""},
		{map[string]string{"k": ""}, ""},
		{map[string]string{"azAZ09!#$%&'*+-.^_`|~": "v"}, ""},
		{map[string]string{strings.Repeat("k", 256): strings.Repeat("v", 1024)}, ""},
		{map[string]string{"k": "\x00\t\x7f"}, ""},
		{full, ""},
		{over, "metadata is larger than 8192 bytes"},
		{map[string]string{"": "v"}, "metadata key is empty"},
		{map[string]string{strings.Repeat("k", 257): "v"}, "metadata key is longer than 256 bytes"},
		{map[string]string{"a b": "v"}, `metadata key "a b" may hold letters, digits and !#$%&'*+-.^_` + "`|~ only"},
		{map[string]string{"a:b": "v"}, "may hold"},
		{map[string]string{"é": "v"}, "may hold"},
		{map[string]string{"Ł": "v"}, "may hold"},
		{map[string]string{"\xff": "v"}, "may hold"},
		{map[string]string{"k": strings.Repeat("v", 1025)}, `metadata value of "k" is longer than 1024 bytes`},
		{map[string]string{"k": "é"}, `metadata value of "k" is not ASCII`},
		{map[string]string{"k": "\xff"}, "is not ASCII"},
	}
	for _, tt := range tests {
		err := protocol.CheckMetadata(tt.m)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("CheckMetadata(%.60q) = %v, want %q", tt.m, err, tt.want)
		}
	}
}

func TestDataTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want protocol.DataType
	}{{"text", "text"}, {"JSON", "json"}, {"Binary", "binary"}, {"protobuf", ""}, {"", ""}, {" text", ""}} {
		got, err := protocol.ParseDataType(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("ParseDataType(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
	for d, want := range map[protocol.DataType]string{
		protocol.DataTypeText: "text/plain", protocol.DataTypeJSON: "application/json",
		protocol.DataTypeBinary: "application/octet-stream", protocol.DataTypeProtobuf: "application/x-protobuf",
		"": "application/octet-stream",
	} {
		if got := d.ContentType(); got != want {
			t.Errorf("%q.ContentType() = %q, want %q", d, got, want)
		}
	}
}

func TestDataTypeOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header, charset string
		want            protocol.DataType // "" when ok is false
	}{
		{"", "", protocol.DataTypeBinary},
		{"application/octet-stream", "", protocol.DataTypeBinary},
		{"text/plain", "", protocol.DataTypeText},
		{"Text/Plain; Charset=UTF-16", "utf-16", protocol.DataTypeText},
		{`text/plain;charset="utf-8"`, "utf-8", protocol.DataTypeText},
		{"text/plain ; format=flowed", "", protocol.DataTypeText},
		{"application/json", "", protocol.DataTypeJSON},
		{"APPLICATION/JSON; charset=utf-8", "", protocol.DataTypeJSON},
		{"text/json", "", ""},
		{"text/html", "", ""},
		{"application/x-protobuf", "", protocol.DataTypeProtobuf},
		{"Application/X-Protobuf; x=y", "", protocol.DataTypeProtobuf},
		{"application/json, text/plain", "", ""},
		{"text", "", ""},
		{";", "", ""},
		{"text/plain; charset", "", ""},
		{" ", "", ""},
	}
	for _, tt := range tests {
		d, charset, ok := protocol.DataTypeOf(tt.header)
		if d != tt.want || charset != tt.charset || ok != (tt.want != "") {
			t.Errorf("DataTypeOf(%q) = %q, %q, %v, want %q, %q", tt.header, d, charset, ok, tt.want, tt.charset)
		}
	}
	for _, d := range []protocol.DataType{protocol.DataTypeText, protocol.DataTypeJSON, protocol.DataTypeBinary, protocol.DataTypeProtobuf} {
		if got, _, ok := protocol.DataTypeOf(d.ContentType()); got != d || !ok {
			t.Errorf("DataTypeOf(%q) = %q, want %q", d.ContentType(), got, d)
		}
	}
}
