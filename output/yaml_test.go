package output_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"wps/output"
)

func TestYAML(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"# nothing\n\n", nil},
		{"message: a\ndataType: text\n", []string{"1 a"}},
		{"message: a\ndataType: text", []string{"1 a"}},
		{"---\nmessage: a\ndataType: text\n---\nmessage: b\ndataType: text\n", []string{"2 a", "5 b"}},
		{"%YAML 1.1\n# head\n---\nmessage: a\ndataType: text\n...\n---\nmessage: b\ndataType: text\n", []string{"4 a", "8 b"}},
		{"- message: a\n  dataType: text\n- {message: b, dataType: text}\n", []string{"1 a", "3 b"}},
		{"--- {message: a, dataType: text}\n--- \nmessage: b\ndataType: text\n", []string{"1 a", "3 b"}},
		{"message: |\n  one\n  two\ndataType: text\n", []string{"1 one\ntwo\n"}},
		{"message: 12\ndataType: json\n---\nmessage: 0x10\ndataType: json\n---\nmessage: 2026-01-02\ndataType: text\n", []string{"1 12", "4 16", "7 2026-01-02"}},
		{"message: !!binary |\n  aGV5\n  aGV5\ndataType: binary\n", []string{"1 heyhey"}},
		{"message: &x {a: [1, true, null, 1.5e3, \"1\"]}\ndataType: json\n", []string{`1 {"a":[1,true,null,1.5e3,"1"]}`}},
		{"{message: a, dataType: text}\n---\nmessage: [\n---\n{message: b, dataType: text}\n", []string{
			"1 a", "2! not YAML: did not find expected node content (line 3)", "5 b"}},
		{"{message: a, dataType: text}\n---\nnonsense\n", []string{"1 a", "3! not a JSON object"}},
		{"message: .inf\ndataType: json\n", []string{"1! .inf is no value of JSON"}},
		{"? [a]\n: b\n", []string{"1! the name of a member must be text"}},
		{"<<: {message: a}\n", []string{"1! the merge key << is not taken: write the members out"}},
		{"message: &a [*a]\ndataType: json\n", []string{"1! the object is nested more than 100 deep"}},
	}
	for _, tt := range tests {
		for name, in := range map[string]io.Reader{
			"": strings.NewReader(tt.in), " byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
		} {
			if got := readSource(output.NewYAML(in)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("reading %q%s = %q, want %q", tt.in, name, got, tt.want)
			}
		}
	}
}

// TestYAMLBounds: neither size nor aliases take memory without end.
func TestYAMLBounds(t *testing.T) {
	t.Parallel()
	big := "message: " + strings.Repeat("x", output.MaxObjectSize) + "\n"
	const a, b, fault = "{message: a, dataType: text}\n", "{message: b, dataType: text}\n", "! the document is larger than 8388608 bytes"
	for in, want := range map[string][]string{
		a + "---\n" + big:                               {"1 a", "2" + fault},
		a + "---\n" + big + "---\n" + b:                 {"1 a", "2" + fault, "5 b"},
		big + "...\n" + b:                               {"1" + fault, "3 b"},
		big + "more: 1\n\n--- " + b:                     {"1" + fault, "4 b"},
		strings.Repeat("- "+a, 300_000) + "---\n" + b:   {"1" + fault, "300002 b"},
		strings.Repeat(" ", output.MaxObjectSize-9) + a: {"1" + fault},
	} {
		if got := readSource(output.NewYAML(strings.NewReader(in))); !reflect.DeepEqual(got, want) {
			t.Errorf("a document that is too large in %d bytes: %q, want %q", len(in), got, want)
		}
	}
	var bomb strings.Builder
	bomb.WriteString("message:\n  - &a0 [" + strings.Repeat("xxxxxxxxxx,", 10) + "x]\n")
	for i := 1; i < 10; i++ {
		prev := string(rune('0' + i - 1))
		bomb.WriteString("  - &a" + string(rune('0'+i)) + " [" + strings.Repeat("*a"+prev+",", 10) + "*a" + prev + "]\n")
	}
	if got, want := readSource(output.NewYAML(strings.NewReader(bomb.String()))),
		[]string{"1! the object is larger than 8388608 bytes"}; !reflect.DeepEqual(got, want) {
		t.Errorf("aliases of aliases: %q, want %q", got, want)
	}
}

// FuzzYAML: what is read is JSON, every stream ends, and lines never go back.
func FuzzYAML(f *testing.F) {
	f.Add("---\nmessage: a\ndataType: text\n...\n---\n- {type: GroupEvent}\n")
	f.Add("message: &a [*a]\n---\n<<: {a: 1}\n? [x]\n: !!binary aGV5\n")
	f.Add("%YAML 1.1\n--- |\n text\n")
	f.Fuzz(func(t *testing.T, in string) {
		y := output.NewYAML(strings.NewReader(in))
		last := 0
		for range len(in) + 3 {
			raw, line, err := y.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && !json.Valid(raw) {
				t.Errorf("%q is not JSON", raw)
			}
			if line < last {
				t.Errorf("line %d after line %d", line, last)
			}
			last = line
		}
		t.Error("the stream does not end")
	})
}
